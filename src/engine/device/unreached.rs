//! Graphics cards that the system has and no graphics interface reaches, as on clusters and in containers: why, as far as it can be seen.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

/// Node of the first NVIDIA card on Linux; there whether or not a container may draw with it.
const NVIDIA: &str = "/dev/nvidia0";
/// Nodes of cards that compute without a display, by Linux's direct rendering manager.
const RENDER: [&str; 4] = ["/dev/dri/renderD128", "/dev/dri/renderD129", "/dev/dri/renderD130", "/dev/dri/renderD131"];
/// What a container with an NVIDIA card is given of its driver.
const CAPABILITIES: &str = "NVIDIA_DRIVER_CAPABILITIES";

/// A card that no graphics interface reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnreachedCard {
    /// An NVIDIA card in a container that is given these parts of its driver, graphics not among them.
    NotGivenGraphics(String),
    /// An NVIDIA card without the driver's part for Vulkan, or without Vulkan's loader.
    Nvidia,
    /// A card whose node this user may not open.
    NotAllowed(&'static str),
    /// A card at this node without a driver for Vulkan, or without Vulkan's loader.
    NoDriver(&'static str),
}

/// What can be asked of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Node {
    Missing,
    Denied,
    There,
}

impl UnreachedCard {
    /// Looks for one; to be asked only where no adapter of a card was found.
    pub(super) fn find() -> Option<Self> {
        Self::among(std::env::var(CAPABILITIES).ok(), |path| match File::open(Path::new(path)) {
            Ok(_) => Node::There,
            Err(error) if error.kind() == ErrorKind::NotFound => Node::Missing,
            Err(error) if error.kind() == ErrorKind::PermissionDenied => Node::Denied,
            // A node that is there and does not open, as a card that is taken.
            Err(_) => Node::There,
        })
    }

    fn among(capabilities: Option<String>, node: impl Fn(&str) -> Node) -> Option<Self> {
        if node(NVIDIA) != Node::Missing {
            let given =
                capabilities.filter(|given| !given.split(',').any(|part| matches!(part.trim(), "graphics" | "all")));
            return Some(given.map_or(Self::Nvidia, Self::NotGivenGraphics));
        }
        let found = RENDER.into_iter().map(|path| (path, node(path))).find(|(_, node)| *node != Node::Missing)?;
        Some(if found.1 == Node::Denied { Self::NotAllowed(found.0) } else { Self::NoDriver(found.0) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn among(capabilities: Option<&str>, nodes: &[(&str, Node)]) -> Option<UnreachedCard> {
        let node = |path: &str| nodes.iter().find(|(name, _)| *name == path).map_or(Node::Missing, |(_, node)| *node);
        UnreachedCard::among(capabilities.map(str::to_owned), node)
    }

    #[test]
    fn what_keeps_a_card_from_being_reached_is_found() {
        let nvidia = [(NVIDIA, Node::There), (RENDER[0], Node::There)];
        let compute = "compute,utility";
        assert_eq!(among(Some(compute), &nvidia), Some(UnreachedCard::NotGivenGraphics(compute.into())));
        for given in [Some("compute, graphics"), Some("all"), None] {
            assert_eq!(among(given, &nvidia), Some(UnreachedCard::Nvidia), "{given:?}");
        }
        assert_eq!(among(Some(compute), &[(RENDER[1], Node::Denied)]), Some(UnreachedCard::NotAllowed(RENDER[1])));
        assert_eq!(among(None, &[(RENDER[0], Node::There)]), Some(UnreachedCard::NoDriver(RENDER[0])));
        assert_eq!(among(Some(compute), &[]), None);
    }
}
