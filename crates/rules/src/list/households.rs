//! Which rows are one household. Rows that write the same address are one, unless both carry numbers and share none;
//! a row without a number joins the nearest row above it with that address; a ditto joins the row above whatever
//! number stands in it. Rows that are refused count as rows here: the next one may lean on them.
//! Source: samples/README.md.

use std::collections::HashMap;

use crate::phone::Phone;

/// A household as the list draws it.
#[derive(Clone, Debug, Default)]
pub struct House {
    pub phones: Vec<Phone>,
}

/// An address for comparing: its place (cluster) and its folded text. A blank text is no address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct AddressKey {
    pub place: String,
    pub text: String,
}

impl AddressKey {
    pub fn is_same_home(&self, other: &AddressKey) -> bool {
        !self.text.is_empty() && self == other
    }
}

/// The households in the order of their first rows, and the rows placed so far.
#[derive(Default)]
pub struct Houses {
    houses: Vec<House>,
    /// Households at an address, the one whose row came last at the end.
    at_address: HashMap<AddressKey, Vec<usize>>,
    /// Rows without an address join by number: the places and households in which a number was written.
    by_phone: HashMap<Phone, Vec<(String, usize)>>,
}

/// Households at one address, and homes of one number, that are compared; beyond, the list is no list of homes.
const NEIGHBOURS_MAX: usize = 200;

impl Houses {
    pub fn house(&self, i: usize) -> &House {
        &self.houses[i]
    }

    /// Places a row that means the address of the row above.
    pub fn join(&mut self, house: usize, key: &AddressKey, phones: &[Phone]) -> usize {
        self.put(house, key, phones)
    }

    /// Places a row by its own address and numbers.
    pub fn place(&mut self, key: &AddressKey, phones: &[Phone]) -> usize {
        let found = if key.text.is_empty() {
            // No address is written: only a number that stands in the same place tells the home.
            let homes = phones.iter().filter_map(|p| self.by_phone.get(p)).flatten();
            homes
                .filter(|(place, _)| *place == key.place || key.place.is_empty())
                .map(|(_, house)| *house)
                .max()
        } else {
            let neighbours = self.at_address.get(key).map(Vec::as_slice).unwrap_or_default();
            let nearest = |fits: &dyn Fn(&House) -> bool| {
                neighbours.iter().rev().take(NEIGHBOURS_MAX).find(|h| fits(&self.houses[**h])).copied()
            };
            if phones.is_empty() {
                nearest(&|_| true)
            } else {
                nearest(&|house| house.phones.iter().any(|p| phones.contains(p)))
                    .or_else(|| nearest(&|house| house.phones.is_empty()))
            }
        };
        let house = found.unwrap_or_else(|| {
            self.houses.push(House::default());
            self.houses.len() - 1
        });
        self.put(house, key, phones)
    }

    fn put(&mut self, house: usize, key: &AddressKey, phones: &[Phone]) -> usize {
        for phone in phones {
            if !self.houses[house].phones.contains(phone) {
                self.houses[house].phones.push(phone.clone());
            }
            let homes = self.by_phone.entry(phone.clone()).or_default();
            let home = (key.place.clone(), house);
            if homes.len() < NEIGHBOURS_MAX && !homes.contains(&home) {
                homes.push(home);
            }
        }
        if !key.text.is_empty() {
            let neighbours = self.at_address.entry(key.clone()).or_default();
            // The household of the last row is the nearest to the next.
            neighbours.retain(|h| *h != house);
            neighbours.push(house);
        }
        house
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phone;

    /// Rows as (address, number); an address `"` is a ditto. Gives each row's household.
    fn placed(rows: &[(&str, &str)]) -> Vec<usize> {
        let mut houses = Houses::default();
        let mut last: Option<(usize, AddressKey)> = None;
        let mut out = Vec::new();
        for (address, number) in rows {
            let phones = phone::parse_cell(number).0;
            let house;
            match last.clone().filter(|_| *address == "\"") {
                Some((above, key)) => house = houses.join(above, &key, &phones),
                None => {
                    let key = AddressKey { place: String::new(), text: (*address).to_owned() };
                    house = houses.place(&key, &phones);
                    last = Some((house, key));
                }
            }
            if let Some(last) = &mut last {
                last.0 = house;
            }
            out.push(house);
        }
        out
    }

    #[test]
    fn households_by_address_and_number() {
        let (a, b) = ("0912345678", "0987654321");
        assert_eq!(placed(&[("x", a), ("x", a), ("y", a)]), [0, 0, 1]);
        assert_eq!(placed(&[("x", a), ("x", b)]), [0, 1], "both carry numbers and share none");
        assert_eq!(placed(&[("x", a), ("x", b), ("x", "")]), [0, 1, 1], "the nearest row above");
        assert_eq!(placed(&[("x", a), ("\"", b)]), [0, 0], "a ditto joins whatever number stands in it");
        assert_eq!(placed(&[("x", ""), ("x", a), ("x", b)]), [0, 0, 1]);
        assert_eq!(placed(&[("x", "0912345678/0987654321"), ("x", b)]), [0, 0]);
        assert_eq!(placed(&[("", a), ("", a), ("", ""), ("", "")]), [0, 0, 1, 2]);
        assert_eq!(placed(&[("x", a), ("x", b), ("x", a)]), [0, 1, 0]);
    }
}
