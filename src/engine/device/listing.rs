//! Order and names of graphics adapters: one entry per card, the most capable first, equal names numbered.

/// What a driver says of an adapter, as far as listing it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    /// Name as the driver gives it; cards of one model share it.
    pub name: String,
    /// Graphics interface it is reached through.
    pub interface: String,
    /// PCI address such as `0000:01:00.0`; empty if the interface does not tell.
    pub address: String,
    /// 0 a card of its own, 1 integrated, 2 virtual, 3 unknown, 4 software.
    pub rank: u8,
}

/// Which of `found` to list, in order, and what to call each: an adapter that another interface reaches as well is listed
/// once, on the first interface that names it; two cards of one model are two entries, the second called `… #2`.
pub(super) fn listing(found: &[Listed]) -> Vec<(usize, String)> {
    let same = |a: &Listed, b: &Listed| {
        let known = !a.address.is_empty() && !b.address.is_empty();
        a.interface != b.interface && if known { a.address == b.address } else { a.name == b.name }
    };
    let mut kept: Vec<usize> = Vec::new();
    for (place, adapter) in found.iter().enumerate() {
        if !kept.iter().any(|&other| same(&found[other], adapter)) {
            kept.push(place);
        }
    }
    kept.sort_by(|&a, &b| (found[a].rank, &found[a].address).cmp(&(found[b].rank, &found[b].address)));
    let mut named: Vec<(usize, String)> = Vec::new();
    for place in kept {
        let name = &found[place].name;
        let before = named.iter().filter(|(other, _)| found[*other].name == *name).count();
        named.push((place, if before == 0 { name.clone() } else { format!("{name} #{}", before + 1) }));
    }
    named
}

/// Names that an adapter can be asked for by.
#[derive(Clone, Copy, Debug)]
pub(super) struct AdapterNames<'a> {
    /// Unique on this machine.
    pub name: &'a str,
    /// PCI address; may be empty.
    pub address: &'a str,
    /// Whether it is hardware: those are numbered, `gpu:0` the first.
    pub hardware: bool,
}

/// Which of `listed` is meant by `wish`, in lower case: `gpu:1`, a PCI address with or without its domain, a whole name, or the first
/// whose name contains it.
pub(super) fn matching(listed: &[AdapterNames<'_>], wish: &str) -> Option<usize> {
    if let Some(number) = wish.strip_prefix("gpu:") {
        let number: usize = number.parse().ok()?;
        let mut hardware = (0..listed.len()).filter(|&place| listed[place].hardware);
        return hardware.nth(number);
    }
    let at = |address: &str| {
        let address = address.to_lowercase();
        address == wish || address.split_once(':').is_some_and(|(_, within)| within == wish)
    };
    let by_address = listed.iter().position(|one| at(one.address));
    let whole = || listed.iter().position(|one| one.name.to_lowercase() == wish);
    by_address.or_else(whole).or_else(|| listed.iter().position(|one| one.name.to_lowercase().contains(wish)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(name: &str, interface: &str, address: &str, rank: u8) -> Listed {
        Listed { name: name.into(), interface: interface.into(), address: address.into(), rank }
    }

    fn names(found: &[Listed]) -> Vec<String> {
        listing(found).into_iter().map(|(_, name)| name).collect()
    }

    #[test]
    fn two_cards_of_one_model_are_two_and_keep_their_order() {
        let cards = [listed("RTX", "Vulkan", "0000:41:00.0", 0), listed("RTX", "Vulkan", "0000:01:00.0", 0)];
        assert_eq!(names(&cards), ["RTX", "RTX #2"]);
        assert_eq!(listing(&cards)[0].0, 1, "by address, whatever order the loader has");
    }

    #[test]
    fn a_card_reached_through_two_interfaces_is_one() {
        let cards = [
            listed("RTX", "Vulkan", "0000:01:00.0", 0),
            listed("RTX", "Vulkan", "0000:41:00.0", 0),
            listed("RTX", "DirectX 12", "", 0),
            listed("RTX", "DirectX 12", "", 0),
        ];
        assert_eq!(names(&cards), ["RTX", "RTX #2"]);
    }

    #[test]
    fn a_card_of_its_own_goes_before_an_integrated_one_and_software_is_last() {
        let cards = [
            listed("llvmpipe", "Vulkan", "", 4),
            listed("Iris", "Vulkan", "0000:00:02.0", 1),
            listed("RTX", "Vulkan", "0000:01:00.0", 0),
        ];
        assert_eq!(names(&cards), ["RTX", "Iris", "llvmpipe"]);
    }

    #[test]
    fn a_wish_is_a_number_an_address_a_name_or_part_of_one() {
        let one = |name, address, hardware| AdapterNames { name, address, hardware };
        let listed = [
            one("RTX", "0000:01:00.0", true),
            one("RTX #2", "0000:C1:00.0", true),
            one("Iris 10:00", "", true),
            one("llvmpipe", "", false),
        ];
        for (wish, expected) in [
            ("gpu:0", Some(0)),
            ("gpu:1", Some(1)),
            ("gpu:2", Some(2)),
            ("gpu:3", None),
            ("gpu:", None),
            ("gpu:-1", None),
            ("gpu:1x", None),
            ("0000:c1:00.0", Some(1)),
            ("c1:00.0", Some(1)),
            ("1:00.0", None),
            ("00.0", None),
            ("rtx", Some(0)),
            ("rtx #2", Some(1)),
            ("iris", Some(2)),
            ("10:00", Some(2)),
            ("pipe", Some(3)),
            ("amd", None),
        ] {
            assert_eq!(matching(&listed, wish), expected, "{wish}");
        }
    }
}
