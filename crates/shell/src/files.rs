//! A tree of files in memory, for a [`crate::Host`] to build on: the laptop's, and the tests'.

use crate::host::{FileError, Stat};
use crate::path::{MAX_LINKS, absolute, parent};
use std::collections::BTreeMap;
use std::rc::Rc;

#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Node {
    /// `None`: a directory.
    text: Option<Rc<String>>,
    modified_ms: u64,
    /// The permissions, where they are not the usual ones.
    mode: Option<u32>,
    /// A symbolic link: its text is where it leads.
    link: bool,
    /// Its user and its group.
    owner: (u32, u32),
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

    /// The path to which symbolic links lead. `last`: that of the whole path is followed, too.
    fn followed(&self, path: &str, last: bool) -> String {
        let mut path = path.to_string();
        for _ in 0..MAX_LINKS {
            let ends = path.match_indices('/').map(|(at, _)| at).skip(1);
            let ends: Vec<usize> = ends.chain(last.then_some(path.len())).collect();
            let link = ends.into_iter().find_map(|end| {
                let node = self.nodes.get(&path[..end]).filter(|n| n.link)?;
                Some((end, node.text.clone()?))
            });
            let Some((end, target)) = link else { break };
            let parent = path[..end].rsplit_once('/').map_or("", |(parent, _)| parent);
            path = absolute(&absolute(parent, &target), path[end..].trim_start_matches('/'));
        }
        path
    }

    /// What is at a path, if anything; a symbolic link stands for what it leads to, or for itself where that is missing.
    pub fn stat(&self, path: &str) -> Option<Stat> {
        let path = &*self.followed(path, true);
        if path == "/" {
            return Some(Stat::usual(true, 4096, 0));
        }
        let node = self.nodes.get(path).filter(|n| !n.link)?;
        let size = node.text.as_ref().map_or(4096, |t| t.len() as u64);
        Some(Stat {
            dir: node.text.is_none(),
            size,
            modified_ms: node.modified_ms,
            mode: node.mode,
            link: false,
            owner: node.owner,
        })
    }

    /// Where a symbolic link leads, if it is one.
    pub fn read_link(&self, path: &str) -> Option<String> {
        let node = self.nodes.get(&self.followed(path, false)).filter(|n| n.link)?;
        node.text.as_ref().map(|t| t.to_string())
    }

    /// Makes a symbolic link.
    ///
    /// # Errors
    /// Exists, NoSpace; NotFound and NotDirectory for the parent.
    pub fn link(&mut self, target: &str, path: &str, now_ms: u64) -> Result<(), FileError> {
        let path = self.followed(path, false);
        if self.nodes.contains_key(&path) {
            return Err(FileError::Exists);
        }
        self.room_in_parent(&path)?;
        let text = Some(Rc::new(target.to_string()));
        self.nodes.insert(path, Node { text, modified_ms: now_ms, link: true, ..Node::default() });
        Ok(())
    }

    /// Gives a path other permissions, or another time of its last change.
    ///
    /// # Errors
    /// NotFound.
    pub fn set_attributes(
        &mut self,
        path: &str,
        mode: Option<u32>,
        modified_ms: Option<u64>,
    ) -> Result<(), FileError> {
        let path = self.followed(path, true);
        let node = self.nodes.get_mut(&path).ok_or(FileError::NotFound)?;
        node.mode = mode.or(node.mode);
        node.modified_ms = modified_ms.unwrap_or(node.modified_ms);
        Ok(())
    }

    /// Gives a path another owner or another group.
    ///
    /// # Errors
    /// NotFound.
    pub fn set_owner(&mut self, path: &str, user: Option<u32>, group: Option<u32>) -> Result<(), FileError> {
        let path = self.followed(path, true);
        let node = self.nodes.get_mut(&path).ok_or(FileError::NotFound)?;
        node.owner = (user.unwrap_or(node.owner.0), group.unwrap_or(node.owner.1));
        Ok(())
    }

    /// A file's text.
    ///
    /// # Errors
    /// NotFound, IsDirectory.
    pub fn read(&self, path: &str) -> Result<&str, FileError> {
        let path = &*self.followed(path, true);
        match self.nodes.get(path) {
            Some(Node { link: true, .. }) => Err(FileError::NotFound),
            Some(Node { text: Some(text), .. }) => Ok(text),
            Some(_) => Err(FileError::IsDirectory),
            None if path == "/" => Err(FileError::IsDirectory),
            None => Err(self.absent(path)),
        }
    }

    /// Makes or overwrites a file, or appends to it.
    ///
    /// # Errors
    /// NotFound and NotDirectory for the parent, IsDirectory, NoSpace.
    pub fn write(&mut self, path: &str, text: &str, append: bool, now_ms: u64) -> Result<(), FileError> {
        let path = &*self.followed(path, true);
        let old = match self.read(path) {
            Ok(old) => old.len() as u64,
            Err(FileError::NotFound | FileError::NotDirectory) => {
                self.room_in_parent(path)?;
                0
            }
            Err(error) => return Err(error),
        };
        let freed = if append { 0 } else { old };
        if self.used() - freed + text.len() as u64 > self.capacity {
            return Err(FileError::NoSpace);
        }
        let node = self.nodes.entry(path.to_string()).or_default();
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
        let path = &*self.followed(path, true);
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
        let path = self.followed(path, false);
        self.room_in_parent(&path)?;
        self.nodes.insert(path, Node { modified_ms: now_ms, ..Node::default() });
        Ok(())
    }

    /// Removes a file or an empty directory.
    ///
    /// # Errors
    /// NotFound, NotEmpty, Busy for the root.
    pub fn remove(&mut self, path: &str) -> Result<(), FileError> {
        let path = &*self.followed(path, false);
        if self.nodes.get(path).is_some_and(|n| n.link) {
            self.nodes.remove(path);
            return Ok(());
        }
        match self.list(path) {
            _ if path == "/" => return Err(FileError::Busy),
            Ok(names) if !names.is_empty() => return Err(FileError::NotEmpty),
            Err(FileError::NotFound) => return Err(FileError::NotFound),
            _ => {}
        }
        self.nodes.remove(path);
        Ok(())
    }

    /// Why there is nothing at a path: perhaps a file stands where a directory should.
    fn absent(&self, path: &str) -> FileError {
        match path.rsplit_once('/') {
            Some((parent, _)) if self.stat(parent).is_some_and(|s| !s.dir) => FileError::NotDirectory,
            _ => FileError::NotFound,
        }
    }

    fn room_in_parent(&self, path: &str) -> Result<(), FileError> {
        match self.stat(parent(path)) {
            None => Err(FileError::NotFound),
            Some(stat) if !stat.dir => Err(FileError::NotDirectory),
            Some(_) if self.nodes.len() >= Files::MAX_NODES => Err(FileError::NoSpace),
            Some(_) => Ok(()),
        }
    }
}
