//! A tree of files in memory, for a [`crate::Host`] to build on: the laptop's, and the tests'.

use crate::host::{FileError, Stat};
use std::collections::BTreeMap;
use std::rc::Rc;

#[derive(Clone, PartialEq, Eq, Debug)]
struct Node {
    /// `None`: a directory.
    text: Option<Rc<String>>,
    modified_ms: u64,
}

/// Directories and files by path; the root always exists. Cheap to clone: texts are shared until they change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Files {
    /// By absolute path, without the root.
    nodes: BTreeMap<String, Node>,
    capacity: u64,
}

impl Default for Files {
    fn default() -> Self {
        Files::new(Files::DEFAULT_CAPACITY)
    }
}

impl Files {
    /// How much a tree holds by default, in bytes: enough for any demonstration, small enough for a page.
    pub const DEFAULT_CAPACITY: u64 = 1 << 20;
    /// The most files and directories of a tree (as inodes run out).
    pub const MAX_NODES: usize = 10_000;

    /// An empty tree for so many bytes.
    pub fn new(capacity: u64) -> Files {
        Files { nodes: BTreeMap::new(), capacity }
    }

    /// The bytes of all files.
    pub fn used(&self) -> u64 {
        self.nodes.values().filter_map(|n| n.text.as_ref()).map(|t| t.len() as u64).sum()
    }

    /// What is at a path, if anything.
    pub fn stat(&self, path: &str) -> Option<Stat> {
        if path == "/" {
            return Some(Stat { dir: true, size: 4096, modified_ms: 0 });
        }
        let node = self.nodes.get(path)?;
        let size = node.text.as_ref().map_or(4096, |t| t.len() as u64);
        Some(Stat { dir: node.text.is_none(), size, modified_ms: node.modified_ms })
    }

    /// A file's text.
    ///
    /// # Errors
    /// NotFound, IsDirectory.
    pub fn read(&self, path: &str) -> Result<&str, FileError> {
        match self.nodes.get(path) {
            Some(Node { text: Some(text), .. }) => Ok(text),
            Some(_) => Err(FileError::IsDirectory),
            None if path == "/" => Err(FileError::IsDirectory),
            None => Err(FileError::NotFound),
        }
    }

    /// Makes or overwrites a file, or appends to it.
    ///
    /// # Errors
    /// NotFound and NotDirectory for the parent, IsDirectory, NoSpace.
    pub fn write(&mut self, path: &str, text: &str, append: bool, now_ms: u64) -> Result<(), FileError> {
        let old = match self.read(path) {
            Ok(old) => old.len() as u64,
            Err(FileError::NotFound) => {
                self.room_in_parent(path)?;
                0
            }
            Err(error) => return Err(error),
        };
        let freed = if append { 0 } else { old };
        if self.used() - freed + text.len() as u64 > self.capacity {
            return Err(FileError::NoSpace);
        }
        let node = self.nodes.entry(path.to_string()).or_insert_with(|| Node { text: None, modified_ms: 0 });
        node.modified_ms = now_ms;
        let content = Rc::make_mut(node.text.get_or_insert_default());
        if !append {
            content.clear();
        }
        content.push_str(text);
        Ok(())
    }

    /// The names in a directory, sorted.
    ///
    /// # Errors
    /// NotFound, NotDirectory.
    pub fn list(&self, path: &str) -> Result<Vec<String>, FileError> {
        match self.stat(path) {
            None => return Err(FileError::NotFound),
            Some(stat) if !stat.dir => return Err(FileError::NotDirectory),
            Some(_) => {}
        }
        let prefix = if path == "/" { "/".to_string() } else { format!("{path}/") };
        let within = self.nodes.range(prefix.clone()..).map_while(|(path, _)| path.strip_prefix(&prefix));
        Ok(within.filter(|rest| !rest.contains('/')).map(str::to_string).collect())
    }

    /// Makes a directory.
    ///
    /// # Errors
    /// Exists, NoSpace; NotFound and NotDirectory for the parent.
    pub fn make_dir(&mut self, path: &str, now_ms: u64) -> Result<(), FileError> {
        if self.stat(path).is_some() {
            return Err(FileError::Exists);
        }
        self.room_in_parent(path)?;
        self.nodes.insert(path.to_string(), Node { text: None, modified_ms: now_ms });
        Ok(())
    }

    /// Removes a file or an empty directory.
    ///
    /// # Errors
    /// NotFound, NotEmpty, Busy for the root.
    pub fn remove(&mut self, path: &str) -> Result<(), FileError> {
        match self.list(path) {
            _ if path == "/" => return Err(FileError::Busy),
            Ok(names) if !names.is_empty() => return Err(FileError::NotEmpty),
            Err(FileError::NotFound) => return Err(FileError::NotFound),
            _ => {}
        }
        self.nodes.remove(path);
        Ok(())
    }

    fn room_in_parent(&self, path: &str) -> Result<(), FileError> {
        let parent =
            path.rsplit_once('/').map_or("/", |(parent, _)| if parent.is_empty() { "/" } else { parent });
        match self.stat(parent) {
            None => Err(FileError::NotFound),
            Some(stat) if !stat.dir => Err(FileError::NotDirectory),
            Some(_) if self.nodes.len() >= Files::MAX_NODES => Err(FileError::NoSpace),
            Some(_) => Ok(()),
        }
    }
}
