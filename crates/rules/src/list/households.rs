//! Which rows are one household. Rows that write the same address are one, unless both carry numbers and share none;
//! a row without a number joins the nearest row above it with that address; a ditto joins the row above whatever
//! number stands in it. Rows that are refused count as rows here: the next one may lean on them.
//! Source: samples/README.md.

use crate::phone::Phone;

/// A household as the list draws it.
#[derive(Clone, Debug, Default)]
pub struct House {
    pub phones: Vec<Phone>,
}

/// An address for comparing: its place (cluster) and its folded text. A blank text is no address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    rows: Vec<(AddressKey, usize)>,
}

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
        let shares = |house: &House| house.phones.iter().any(|p| phones.contains(p));
        let above = |fits: &dyn Fn(&AddressKey, &House) -> bool| {
            self.rows.iter().rev().find(|(k, h)| fits(k, &self.houses[*h])).map(|(_, h)| *h)
        };
        let found = if key.text.is_empty() {
            // No address is written: only a number that stands in the same place tells the home.
            above(&|k, house| shares(house) && (k.place == key.place || key.place.is_empty()))
        } else if phones.is_empty() {
            above(&|k, _| k.is_same_home(key))
        } else {
            above(&|k, house| k.is_same_home(key) && shares(house))
                .or_else(|| above(&|k, house| k.is_same_home(key) && house.phones.is_empty()))
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
        }
        self.rows.push((key.clone(), house));
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
