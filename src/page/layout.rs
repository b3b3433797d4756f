//! Where the parts of the page stand: which sides are folded to a rail, where the panel is docked, how large the type is.
//!
//! What is not said is left to the style sheet, which folds what leaves the pods too little room.

/// A part of the page that can be folded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Foldable {
    /// The manifest's side.
    Manifest,
    /// The side with the terminal, DNS, events and one object.
    Panel,
    /// The timeline's tracks; its controls stay.
    Timeline,
}

/// Where the panel stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Dock {
    /// Beside the stage.
    #[default]
    Right,
    /// Below the stage, as wide as the page: a table of 80 columns is whole there.
    Below,
    /// In the stage's place.
    Whole,
}

/// One change of where the parts of the page stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arrangement {
    /// Opens a part of the page.
    Open(Foldable),
    /// Folds a part to a rail.
    Fold(Foldable),
    /// Puts the panel somewhere.
    Dock(Dock),
    /// Changes between usual and larger type.
    ToggleType,
}

/// The arrangement that the user has made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Layout {
    /// Whether the manifest is open, if the user has said so.
    pub manifest: Option<bool>,
    /// Whether the panel is open, if the user has said so.
    pub panel: Option<bool>,
    /// Whether the timeline's tracks are open, if the user has said so.
    pub timeline: Option<bool>,
    /// Where the panel stands.
    pub dock: Dock,
    /// Whether type is larger, for a class.
    pub large: bool,
}

impl Layout {
    /// Makes one change.
    pub fn arrange(&mut self, change: Arrangement) {
        match change {
            Arrangement::Open(part) => self.fold(part, true),
            Arrangement::Fold(part) => self.fold(part, false),
            // Open, since nobody moves what is folded.
            Arrangement::Dock(dock) => (self.dock, self.panel) = (dock, Some(true)),
            Arrangement::ToggleType => self.large = !self.large,
        }
    }

    /// What is opened is seen: a panel in the stage's place leaves it when it folds.
    fn fold(&mut self, what: Foldable, open: bool) {
        match what {
            Foldable::Manifest => self.manifest = Some(open),
            Foldable::Panel => {
                self.panel = Some(open);
                if !open {
                    self.dock = Dock::Right;
                }
            }
            Foldable::Timeline => self.timeline = Some(open),
        }
    }

    /// The classes of the page's middle in the style sheet.
    pub fn classes(self) -> [&'static str; 3] {
        let side = |open: Option<bool>, [is_open, is_folded]: [&'static str; 2]| match open {
            None => "",
            Some(true) => is_open,
            Some(false) => is_folded,
        };
        let dock = match self.dock {
            Dock::Right => "",
            Dock::Below => "dock-below",
            Dock::Whole => "dock-whole",
        };
        [
            side(self.manifest, ["left-open", "left-folded"]),
            side(self.panel, ["right-open", "right-folded"]),
            dock,
        ]
    }

    /// The class of the timeline.
    pub fn timeline_class(self) -> &'static str {
        match self.timeline {
            None => "timeline",
            Some(true) => "timeline open",
            Some(false) => "timeline folded",
        }
    }

    /// As the browser keeps it: a letter for each of the five.
    pub fn to_text(self) -> String {
        let fold = |open: Option<bool>| match open {
            None => 'a',
            Some(true) => 'o',
            Some(false) => 'f',
        };
        let dock = match self.dock {
            Dock::Right => 'r',
            Dock::Below => 'b',
            Dock::Whole => 'w',
        };
        let type_size = if self.large { 'l' } else { 'n' };
        [fold(self.manifest), fold(self.panel), fold(self.timeline), dock, type_size].into_iter().collect()
    }

    /// What the browser kept; letters that mean nothing, of an older or newer version, leave the page as it comes.
    pub fn read(text: &str) -> Layout {
        let letter = |place: usize| text.as_bytes().get(place).copied();
        let fold = |place: usize| match letter(place) {
            Some(b'o') => Some(true),
            Some(b'f') => Some(false),
            _ => None,
        };
        let dock = match letter(3) {
            Some(b'b') => Dock::Below,
            Some(b'w') => Dock::Whole,
            _ => Dock::Right,
        };
        Layout { manifest: fold(0), panel: fold(1), timeline: fold(2), dock, large: letter(4) == Some(b'l') }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_is_kept_as_text() {
        let folds = [None, Some(true), Some(false)];
        for manifest in folds {
            for dock in [Dock::Right, Dock::Below, Dock::Whole] {
                for large in [false, true] {
                    let layout = Layout { manifest, panel: Some(false), timeline: manifest, dock, large };
                    assert_eq!(Layout::read(&layout.to_text()), layout);
                }
            }
        }
        assert_eq!(Layout::read(""), Layout::default());
        assert_eq!(Layout::read("?ü!zz and more"), Layout::default());
    }

    #[test]
    fn a_panel_that_is_docked_is_open_and_one_that_folds_leaves_the_stage_its_place() {
        let mut layout = Layout::default();
        layout.arrange(Arrangement::Fold(Foldable::Panel));
        layout.arrange(Arrangement::Dock(Dock::Whole));
        assert_eq!(layout.classes(), ["", "right-open", "dock-whole"]);
        layout.arrange(Arrangement::Fold(Foldable::Panel));
        assert_eq!(layout.classes(), ["", "right-folded", ""]);
    }
}
