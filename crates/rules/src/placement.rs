//! Which group a home belongs to (LC-14, LC-15, P-3). The home is what is placed: it has one group, one thread and
//! one care team, and counts once.
//!
//! Groups follow residential clusters and hold 50-100 homes, never more. A cluster of that size has a group of its
//! own, a larger one is split evenly, small neighbouring ones share. Nobody who is placed moves because others
//! arrive; the home after the last place opens another group, never a refusal. A commune with fewer homes than the
//! target has a small group, and that is no gap. Splitting and merging what exists is proposed here and decided by
//! the leader.
//!
//! Same input, same plan, in whatever order the homes are given. It plans a batch as well as a single home, and a
//! plan may be carried out in parts and planned again from where it stands.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    ids::{AreaId, GroupId, HouseholdId},
    refusal::Refusal,
    words::{Audience, EpisodeKind},
};

/// The fewest homes a group aims for (LC-14).
pub const TARGET_MIN: usize = 50;
/// The most homes of a group (LC-14).
pub const MAX: usize = 100;
/// No locality may set a larger group than this.
pub const MAX_LIMIT: usize = 1_000;

/// The locality's rules for its groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupRules {
    /// Homes a group aims for at least.
    pub target_min: usize,
    /// Homes a group never exceeds.
    pub max: usize,
    /// F0 homes and F1 homes in groups of their own (LC-15, recommended); otherwise all groups are mixed.
    pub separate: bool,
}

impl Default for GroupRules {
    fn default() -> GroupRules {
        GroupRules { target_min: TARGET_MIN, max: MAX, separate: true }
    }
}

impl GroupRules {
    /// Refuses numbers under which a group that is full could not be halved into two of the target size.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.max == 0 || self.max > MAX_LIMIT {
            return Err(Refusal::field("max", "out_of_range"));
        }
        if self.target_min == 0 || self.target_min * 2 > self.max {
            return Err(Refusal::field("target_min", "out_of_range"));
        }
        Ok(())
    }

    /// The same rules with numbers that planning can work with, whatever was stored.
    fn sane(self) -> GroupRules {
        let max = self.max.clamp(1, MAX_LIMIT);
        GroupRules { max, target_min: self.target_min.min(max / 2), ..self }
    }

    /// The kind of group a home belongs in.
    fn audience(&self, home: Audience) -> Audience {
        if self.separate { home } else { Audience::Mixed }
    }
}

/// The group a home needs by its open episodes: any F0 makes it an F0 home with all its members (P-3). `None` for a
/// home without an open episode: it leaves its group (LC-9).
pub fn audience_of(open: impl IntoIterator<Item = EpisodeKind>) -> Option<Audience> {
    open.into_iter().fold(None, |audience, kind| match (audience, kind) {
        (_, EpisodeKind::Case) | (Some(Audience::F0), EpisodeKind::Contact) => Some(Audience::F0),
        (None | Some(Audience::F1 | Audience::Mixed), EpisodeKind::Contact) => Some(Audience::F1),
    })
}

/// A home that needs a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unplaced {
    pub household: HouseholdId,
    pub cluster: Option<AreaId>,
    pub audience: Audience,
}

/// A group as it stands. One without clusters is the commune's default group for homes without a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupState {
    pub id: GroupId,
    pub audience: Audience,
    pub clusters: Vec<AreaId>,
    pub households: usize,
}

/// A cluster and what lies beside it; being a neighbour is mutual, said once is enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterInfo {
    pub id: AreaId,
    pub neighbours: Vec<AreaId>,
}

/// Where a home goes: a group that exists, or the group at that place of [`Plan::new_groups`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Slot {
    Existing(GroupId),
    New(usize),
}

/// A group to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGroup {
    pub audience: Audience,
    pub clusters: Vec<AreaId>,
}

/// Where every home goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Every home once, group by group.
    pub assignments: Vec<(HouseholdId, Slot)>,
    pub new_groups: Vec<NewGroup>,
    /// Clusters that an existing group serves from now on.
    pub served: Vec<(GroupId, AreaId)>,
}

impl Plan {
    /// The beginning of the plan that is carried out together: at least so many homes, and no group of it half
    /// filled. What is planned again afterwards stands on whole groups, so none is left small by the cut.
    pub fn beginning(&self, at_least: usize) -> &[(HouseholdId, Slot)] {
        let cut = (at_least.max(1)..self.assignments.len())
            .find(|at| self.assignments[*at].1 != self.assignments[*at - 1].1);
        &self.assignments[..cut.unwrap_or(self.assignments.len())]
    }
}

/// Plans the groups of homes of one commune. `groups` are all its groups, `clusters` what is known of its map.
pub fn plan(homes: &[Unplaced], groups: &[GroupState], clusters: &[ClusterInfo], rules: GroupRules) -> Plan {
    let rules = rules.sane();
    let map = Map::of(clusters);
    // Sorted, and every home once.
    let by_household: BTreeMap<HouseholdId, Unplaced> =
        homes.iter().rev().map(|home| (home.household, *home)).collect();
    let mut plan = Plan::default();
    for audience in Audience::ALL {
        let mine: Vec<Home> = by_household
            .values()
            .filter(|home| rules.audience(home.audience) == *audience)
            .map(|home| Home { household: home.household, cluster: home.cluster })
            .collect();
        if mine.is_empty() {
            continue;
        }
        let mut existing: Vec<&GroupState> =
            groups.iter().filter(|group| group.audience == *audience).collect();
        existing.sort_by_key(|group| group.id);
        let mut table = Table { rules, map: &map, drafts: existing.iter().map(|g| Draft::of(g)).collect() };
        table.place(mine);
        table.write_down(*audience, &existing, &mut plan);
    }
    plan
}

/// A move of one home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    pub to: Slot,
    /// The group to be opened when `to` is new.
    pub opens: Option<NewGroup>,
    pub served: Option<(GroupId, AreaId)>,
}

/// The group of a home whose audience changed: one that turns F0 moves to an F0 group (LC-15). `None` when it may
/// stay where it is. A home whose F0 recovered stays too, until its leader moves it: nobody changes carers for
/// a label.
pub fn move_home(
    home: Unplaced,
    current: Option<GroupId>,
    groups: &[GroupState],
    clusters: &[ClusterInfo],
    rules: GroupRules,
) -> Option<Move> {
    let stays = groups.iter().find(|group| Some(group.id) == current).is_some_and(|group| {
        match (rules.audience(home.audience), group.audience) {
            (Audience::F0, Audience::F1 | Audience::Mixed) => false,
            (Audience::F0, Audience::F0)
            | (Audience::F1, Audience::F0 | Audience::F1 | Audience::Mixed)
            | (Audience::Mixed, Audience::F0 | Audience::F1 | Audience::Mixed) => true,
        }
    });
    if stays {
        return None;
    }
    let mut plan = plan(&[home], groups, clusters, rules);
    let (_, to) = plan.assignments.pop()?;
    Some(Move { to, opens: plan.new_groups.pop(), served: plan.served.pop() })
}

/// A change of groups that a leader may decide on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proposal {
    /// More homes than a group may have: after a change of the rules, or moved by hand.
    Split { group: GroupId, into: usize },
    /// A group below the target and another that has room for it.
    Merge { group: GroupId, with: GroupId },
}

/// What to propose to the leader; each group stands in at most one proposal.
pub fn proposals(groups: &[GroupState], clusters: &[ClusterInfo], rules: GroupRules) -> Vec<Proposal> {
    let rules = rules.sane();
    let map = Map::of(clusters);
    let mut sorted: Vec<&GroupState> = groups.iter().filter(|group| group.households > 0).collect();
    sorted.sort_by_key(|group| (group.households, group.id));
    let mut out: Vec<Proposal> = sorted
        .iter()
        .filter(|group| group.households > rules.max)
        .map(|group| Proposal::Split { group: group.id, into: group.households.div_ceil(rules.max) })
        .collect();
    let mut used = BTreeSet::new();
    for (at, small) in sorted.iter().enumerate().filter(|(_, group)| group.households < rules.target_min) {
        if used.contains(&small.id) {
            continue;
        }
        let near: BTreeSet<AreaId> = map.around(&small.clusters.iter().copied().collect());
        let partner = sorted[at + 1..]
            .iter()
            .filter(|other| other.audience == small.audience && !used.contains(&other.id))
            .filter(|other| small.households + other.households <= rules.max)
            .min_by_key(|other| {
                (!other.clusters.iter().any(|c| near.contains(c)), other.households, other.id)
            });
        if let Some(partner) = partner {
            used.extend([small.id, partner.id]);
            out.push(Proposal::Merge { group: small.id, with: partner.id });
        }
    }
    out
}

/// Which clusters lie beside each other.
struct Map(BTreeMap<AreaId, BTreeSet<AreaId>>);

impl Map {
    fn of(clusters: &[ClusterInfo]) -> Map {
        let mut map: BTreeMap<AreaId, BTreeSet<AreaId>> = BTreeMap::new();
        for cluster in clusters {
            for neighbour in cluster.neighbours.iter().filter(|neighbour| **neighbour != cluster.id) {
                map.entry(cluster.id).or_default().insert(*neighbour);
                map.entry(*neighbour).or_default().insert(cluster.id);
            }
        }
        Map(map)
    }

    fn beside(&self, cluster: AreaId) -> impl Iterator<Item = AreaId> + '_ {
        self.0.get(&cluster).into_iter().flatten().copied()
    }

    /// These clusters and all beside them.
    fn around(&self, clusters: &BTreeSet<AreaId>) -> BTreeSet<AreaId> {
        clusters.iter().flat_map(|cluster| self.beside(*cluster).chain([*cluster])).collect()
    }
}

#[derive(Clone, Copy, Debug)]
struct Home {
    household: HouseholdId,
    cluster: Option<AreaId>,
}

/// A group while it is planned: what stood before, and the homes that this plan puts into it.
struct Draft {
    id: Option<GroupId>,
    standing: usize,
    clusters: BTreeSet<AreaId>,
    homes: Vec<Home>,
}

impl Draft {
    fn of(group: &GroupState) -> Draft {
        Draft {
            id: Some(group.id),
            standing: group.households,
            clusters: group.clusters.iter().copied().collect(),
            homes: Vec::new(),
        }
    }

    fn opened(homes: Vec<Home>) -> Draft {
        Draft { id: None, standing: 0, clusters: clusters_of(&homes), homes }
    }

    fn size(&self) -> usize {
        self.standing + self.homes.len()
    }

    fn join(&mut self, homes: impl IntoIterator<Item = Home>) {
        for home in homes {
            self.clusters.extend(home.cluster);
            self.homes.push(home);
        }
    }
}

fn clusters_of(homes: &[Home]) -> BTreeSet<AreaId> {
    homes.iter().filter_map(|home| home.cluster).collect()
}

/// The groups of one audience while homes are dealt out.
struct Table<'a> {
    rules: GroupRules,
    map: &'a Map,
    drafts: Vec<Draft>,
}

impl Table<'_> {
    fn room(&self, at: usize) -> usize {
        self.rules.max.saturating_sub(self.drafts[at].size())
    }

    fn place(&mut self, homes: Vec<Home>) {
        let mut by_cluster: BTreeMap<Option<AreaId>, Vec<Home>> = BTreeMap::new();
        for home in homes {
            by_cluster.entry(home.cluster).or_default().push(home);
        }
        let mut small = BTreeMap::new();
        for (cluster, homes) in by_cluster {
            let rest = self.place_cluster(cluster, homes);
            if !rest.is_empty() {
                small.insert(cluster, rest);
            }
        }
        let bundles = self.neighbours_share(small);
        let (whole, parts): (Vec<_>, Vec<_>) =
            bundles.into_iter().partition(|bundle| bundle.len() >= self.rules.target_min);
        self.drafts.extend(whole.into_iter().map(Draft::opened));
        let far: Vec<Vec<Home>> =
            parts.into_iter().filter_map(|bundle| self.join_neighbours(bundle)).collect();
        let rest: Vec<Vec<Home>> =
            self.strangers_share(far).into_iter().filter_map(|bundle| self.join_any(bundle)).collect();
        self.open_for(rest.into_iter().flatten().collect());
    }

    /// The groups that were this cluster's before this plan; for homes without a cluster the default groups.
    fn own(&self, cluster: Option<AreaId>) -> Vec<usize> {
        let is_own = |draft: &Draft| match cluster {
            Some(cluster) => draft.clusters.contains(&cluster),
            None => draft.clusters.is_empty(),
        };
        (0..self.drafts.len())
            .filter(|at| self.drafts[*at].id.is_some() && is_own(&self.drafts[*at]))
            .collect()
    }

    /// Puts a cluster's homes into its own groups, and opens groups for it when they are enough to fill one.
    /// Gives back the homes that found no place.
    fn place_cluster(&mut self, cluster: Option<AreaId>, mut homes: Vec<Home>) -> Vec<Home> {
        let mut own = self.own(cluster);
        let room: usize = own.iter().map(|at| self.room(*at)).sum();
        if homes.len() > room && homes.len() >= self.rules.target_min {
            for _ in 0..(homes.len() - room).div_ceil(self.rules.max) {
                own.push(self.drafts.len());
                self.drafts.push(Draft::opened(Vec::new()));
            }
            self.pour(&own, homes);
            return Vec::new();
        }
        let rest = homes.split_off(homes.len().min(room));
        self.pour(&own, homes);
        rest
    }

    /// Fills groups like water: the emptiest rise together. Homes stay in order, so that neighbours stay together.
    /// The groups must have room for all.
    fn pour(&mut self, into: &[usize], homes: Vec<Home>) {
        let mut sizes: Vec<usize> = into.iter().map(|at| self.drafts[*at].size()).collect();
        let mut shares = vec![0; into.len()];
        for _ in 0..homes.len() {
            if let Some(lowest) = (0..sizes.len()).min_by_key(|at| (sizes[*at], *at)) {
                sizes[lowest] += 1;
                shares[lowest] += 1;
            }
        }
        let mut homes = homes.into_iter();
        for (at, share) in into.iter().zip(shares) {
            self.drafts[*at].join(homes.by_ref().take(share));
        }
    }

    /// Bundles small clusters with their small neighbours until each bundle fills a group or has no neighbour left.
    /// The cluster with the fewest open neighbours goes first, so that none is left alone for want of one.
    fn neighbours_share(&self, mut small: BTreeMap<Option<AreaId>, Vec<Home>>) -> Vec<Vec<Home>> {
        let mut bundles = Vec::new();
        let no_cluster = small.remove(&None);
        let mut open: BTreeMap<AreaId, Vec<Home>> =
            small.into_iter().filter_map(|(cluster, homes)| Some((cluster?, homes))).collect();
        while let Some(first) = self.loneliest(&open, open.keys().copied()) {
            let mut members = BTreeSet::from([first]);
            let mut homes = open.remove(&first).unwrap_or_default();
            while homes.len() < self.rules.target_min {
                let beside: BTreeSet<AreaId> =
                    members.iter().flat_map(|member| self.map.beside(*member)).collect();
                let fits = beside
                    .into_iter()
                    .filter(|c| open.get(c).is_some_and(|more| homes.len() + more.len() <= self.rules.max));
                let Some(next) = self.loneliest(&open, fits) else { break };
                members.insert(next);
                homes.extend(open.remove(&next).unwrap_or_default());
            }
            bundles.push(homes);
        }
        bundles.extend(no_cluster);
        bundles
    }

    fn loneliest(
        &self,
        open: &BTreeMap<AreaId, Vec<Home>>,
        among: impl Iterator<Item = AreaId>,
    ) -> Option<AreaId> {
        among.min_by_key(|c| (self.map.beside(*c).filter(|beside| open.contains_key(beside)).count(), *c))
    }

    /// Puts a small bundle into the emptiest group of its own or neighbouring clusters that holds it whole; gives
    /// it back if there is none.
    fn join_neighbours(&mut self, bundle: Vec<Home>) -> Option<Vec<Home>> {
        let near = self.map.around(&clusters_of(&bundle));
        let fits = (0..self.drafts.len())
            .filter(|at| self.room(*at) >= bundle.len())
            .filter(|at| !near.is_disjoint(&self.drafts[*at].clusters))
            .min_by_key(|at| (self.drafts[*at].size(), *at));
        self.join_at(fits, bundle)
    }

    /// Small bundles without a neighbour share a group with each other once they fill one; the rest comes back.
    fn strangers_share(&mut self, bundles: Vec<Vec<Home>>) -> Vec<Vec<Home>> {
        let mut waiting: Vec<Vec<Home>> = Vec::new();
        for bundle in bundles {
            waiting.push(bundle);
            if waiting.iter().map(Vec::len).sum::<usize>() >= self.rules.target_min {
                self.drafts.push(Draft::opened(waiting.drain(..).flatten().collect()));
            }
        }
        waiting
    }

    /// Puts a small bundle into any group that holds it whole, homes without a cluster rather into one without
    /// clusters, and the emptiest first.
    fn join_any(&mut self, bundle: Vec<Home>) -> Option<Vec<Home>> {
        let has_cluster = !clusters_of(&bundle).is_empty();
        let fits = (0..self.drafts.len()).filter(|at| self.room(*at) >= bundle.len()).min_by_key(|at| {
            let draft = &self.drafts[*at];
            (draft.clusters.is_empty() == has_cluster, draft.size(), *at)
        });
        self.join_at(fits, bundle)
    }

    fn join_at(&mut self, at: Option<usize>, bundle: Vec<Home>) -> Option<Vec<Home>> {
        match at {
            Some(at) => {
                self.drafts[at].join(bundle);
                None
            }
            None => Some(bundle),
        }
    }

    /// Homes that fit nowhere whole, fewer than a group needs: first a group that is only being opened is halved
    /// with them, then homes of this plan come over to make the target, then they fill what room there is, and
    /// only then they open a small group.
    fn open_for(&mut self, homes: Vec<Home>) {
        if homes.is_empty() || self.halve_with(&homes) || self.drawn_together(&homes) {
            return;
        }
        let room: usize = (0..self.drafts.len()).map(|at| self.room(at)).sum();
        if room >= homes.len() {
            self.spread(homes);
        } else {
            self.open_small(homes);
        }
    }

    /// Joins the homes to a group being opened, a neighbour if there is one, and halves it. Neither half is below
    /// the target, since together they are more than a full group.
    fn halve_with(&mut self, homes: &[Home]) -> bool {
        let near = self.map.around(&clusters_of(homes));
        let found = (0..self.drafts.len())
            .filter(|at| self.drafts[*at].id.is_none())
            .filter(|at| self.drafts[*at].size() + homes.len() > self.rules.max)
            .min_by_key(|at| (near.is_disjoint(&self.drafts[*at].clusters), self.drafts[*at].size(), *at));
        let Some(at) = found else { return false };
        let mut all = std::mem::take(&mut self.drafts[at].homes);
        all.extend(homes.iter().copied());
        let second = all.split_off(self.best_cut(&all));
        self.drafts[at] = Draft::opened(all);
        self.drafts.push(Draft::opened(second));
        true
    }

    /// Where to cut a list of homes in two groups: between two clusters if both parts are right, else in the middle.
    fn best_cut(&self, homes: &[Home]) -> usize {
        let (min, max) = (self.rules.target_min, self.rules.max);
        let middle = homes.len() / 2;
        (1..homes.len())
            .filter(|cut| homes[*cut - 1].cluster != homes[*cut].cluster)
            .filter(|cut| (min..=max).contains(cut) && (min..=max).contains(&(homes.len() - cut)))
            .min_by_key(|cut| cut.abs_diff(middle))
            .unwrap_or(middle)
    }

    /// Opens a group and brings homes of this plan over from groups that stay above the target; does nothing if
    /// that would not make the target.
    fn drawn_together(&mut self, homes: &[Home]) -> bool {
        let wanted = self.rules.target_min.saturating_sub(homes.len());
        let spare = |draft: &Draft| draft.homes.len().min(draft.size().saturating_sub(self.rules.target_min));
        if self.drafts.iter().map(spare).sum::<usize>() < wanted {
            return false;
        }
        let near = self.map.around(&clusters_of(homes));
        let mut donors: Vec<usize> = (0..self.drafts.len()).collect();
        donors.sort_by_key(|at| {
            let draft = &self.drafts[*at];
            (near.is_disjoint(&draft.clusters), usize::MAX - draft.size(), *at)
        });
        let mut opened = homes.to_vec();
        for at in donors {
            let draft = &mut self.drafts[at];
            let spare = draft.homes.len().min(draft.size().saturating_sub(self.rules.target_min));
            let given = spare.min(self.rules.target_min.saturating_sub(opened.len()));
            opened.extend(draft.homes.split_off(draft.homes.len() - given));
        }
        self.drafts.push(Draft::opened(opened));
        true
    }

    /// Fills what room there is, the nearest and emptiest groups first. There must be room for all.
    fn spread(&mut self, homes: Vec<Home>) {
        let near = self.map.around(&clusters_of(&homes));
        let mut order: Vec<usize> = (0..self.drafts.len()).collect();
        order.sort_by_key(|at| (near.is_disjoint(&self.drafts[*at].clusters), self.drafts[*at].size(), *at));
        let mut homes = homes.into_iter();
        for at in order {
            let room = self.room(at);
            self.drafts[at].join(homes.by_ref().take(room));
        }
    }

    /// Opens a small group, evened out with homes of the same clusters that this plan put into fuller ones.
    fn open_small(&mut self, homes: Vec<Home>) {
        let clusters = clusters_of(&homes);
        let mut opened = homes;
        loop {
            let donor = (0..self.drafts.len())
                .filter(|at| self.drafts[*at].size() > opened.len() + 1)
                .filter(|at| self.drafts[*at].homes.iter().any(|home| is_of(home, &clusters)))
                .max_by_key(|at| (self.drafts[*at].size(), usize::MAX - *at));
            let Some(donor) = donor else { break };
            let homes = &mut self.drafts[donor].homes;
            let Some(last) = homes.iter().rposition(|home| is_of(home, &clusters)) else { break };
            opened.push(homes.remove(last));
        }
        self.drafts.push(Draft::opened(opened));
    }

    fn write_down(self, audience: Audience, existing: &[&GroupState], plan: &mut Plan) {
        for mut draft in self.drafts {
            if draft.homes.is_empty() {
                continue;
            }
            draft.homes.sort_by_key(|home| (home.cluster, home.household));
            let clusters = clusters_of(&draft.homes);
            let slot = match draft.id {
                Some(id) => {
                    let known = existing.iter().find(|group| group.id == id);
                    let is_known = |cluster| known.is_some_and(|group| group.clusters.contains(cluster));
                    plan.served.extend(clusters.iter().filter(|c| !is_known(c)).map(|c| (id, *c)));
                    Slot::Existing(id)
                }
                None => {
                    let clusters = clusters.into_iter().collect();
                    plan.new_groups.push(NewGroup { audience, clusters });
                    Slot::New(plan.new_groups.len() - 1)
                }
            };
            plan.assignments.extend(draft.homes.iter().map(|home| (home.household, slot)));
        }
    }
}

/// Whether a home is of these clusters; of none, if there are none.
fn is_of(home: &Home, clusters: &BTreeSet<AreaId>) -> bool {
    match home.cluster {
        Some(cluster) => clusters.contains(&cluster),
        None => clusters.is_empty(),
    }
}

#[cfg(test)]
#[allow(clippy::type_complexity, reason = "tables of cases")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RULES: GroupRules = GroupRules { target_min: TARGET_MIN, max: MAX, separate: true };
    /// Homes of one plan that are carried out at a time: imports go in chunks.
    const CHUNK: usize = 200;

    fn homes(first: i64, count: usize, cluster: Option<i64>, audience: Audience) -> Vec<Unplaced> {
        (0..count as i64)
            .map(|at| Unplaced { household: HouseholdId(first + at), cluster: cluster.map(AreaId), audience })
            .collect()
    }

    fn group(id: i64, audience: Audience, clusters: &[i64], households: usize) -> GroupState {
        let clusters = clusters.iter().map(|c| AreaId(*c)).collect();
        GroupState { id: GroupId(id), audience, clusters, households }
    }

    fn beside(pairs: &[(i64, i64)]) -> Vec<ClusterInfo> {
        pairs.iter().map(|(a, b)| ClusterInfo { id: AreaId(*a), neighbours: vec![AreaId(*b)] }).collect()
    }

    /// Carries out the plan's beginning of at least so many homes.
    fn carry_out(plan: &Plan, at_least: usize, groups: &mut Vec<GroupState>) {
        let mut opened: BTreeMap<usize, usize> = BTreeMap::new();
        for (_, slot) in plan.beginning(at_least) {
            let at = match slot {
                Slot::Existing(id) => groups.iter().position(|group| group.id == *id).unwrap(),
                Slot::New(new) => *opened.entry(*new).or_insert_with(|| {
                    let NewGroup { audience, clusters } = plan.new_groups[*new].clone();
                    groups.push(GroupState {
                        id: GroupId(1_000 + groups.len() as i64),
                        audience,
                        clusters,
                        households: 0,
                    });
                    groups.len() - 1
                }),
            };
            groups[at].households += 1;
        }
        for (id, cluster) in &plan.served {
            let group = groups.iter_mut().find(|group| group.id == *id).unwrap();
            if !group.clusters.contains(cluster) {
                group.clusters.push(*cluster);
            }
        }
    }

    /// The sizes of the groups after a plan, in the order they stand.
    fn sizes(homes: &[Unplaced], groups: &[GroupState], clusters: &[ClusterInfo]) -> Vec<usize> {
        let mut groups = groups.to_vec();
        carry_out(&plan(homes, &groups, clusters, RULES), usize::MAX, &mut groups);
        groups.iter().map(|group| group.households).collect()
    }

    #[test]
    fn a_cluster_alone_in_an_empty_commune() {
        let table: &[(usize, &[usize])] = &[
            (1, &[1]),
            (49, &[49]),
            (50, &[50]),
            (100, &[100]),
            (101, &[51, 50]),
            (150, &[75, 75]),
            (200, &[100, 100]),
            (401, &[81, 80, 80, 80, 80]),
        ];
        for (count, expected) in table {
            for cluster in [Some(7), None] {
                assert_eq!(sizes(&homes(1, *count, cluster, Audience::F0), &[], &[]), *expected, "{count}");
            }
        }
    }

    #[test]
    fn one_home_more() {
        let one = |cluster| homes(1, 1, cluster, Audience::F0);
        let full = group(1, Audience::F0, &[7], 100);
        assert_eq!(
            sizes(&one(Some(7)), std::slice::from_ref(&full), &[]),
            [100, 1],
            "the 101st opens another"
        );
        let table: &[(&str, Option<i64>, Vec<GroupState>, &[usize])] = &[
            (
                "its cluster's group",
                Some(7),
                vec![group(1, Audience::F0, &[8], 3), group(2, Audience::F0, &[7], 99)],
                &[3, 100],
            ),
            ("not the other audience's", Some(7), vec![group(1, Audience::F1, &[7], 3)], &[3, 1]),
            (
                "the neighbour's",
                Some(7),
                vec![group(1, Audience::F0, &[5], 3), group(2, Audience::F0, &[8], 60)],
                &[3, 61],
            ),
            ("anybody's before a new one", Some(7), vec![group(1, Audience::F0, &[5], 99)], &[100]),
            (
                "without a cluster, the default group",
                None,
                vec![group(1, Audience::F0, &[5], 3), group(2, Audience::F0, &[], 90)],
                &[3, 91],
            ),
            (
                "without a default group, the emptiest",
                None,
                vec![group(1, Audience::F0, &[5], 30), group(2, Audience::F0, &[6], 20)],
                &[30, 21],
            ),
            (
                "the cluster's emptier group",
                Some(7),
                vec![group(1, Audience::F0, &[7], 80), group(2, Audience::F0, &[7], 70)],
                &[80, 71],
            ),
        ];
        for (why, cluster, groups, expected) in table {
            assert_eq!(sizes(&one(*cluster), groups, &beside(&[(7, 8)])), *expected, "{why}");
        }
    }

    #[test]
    fn small_neighbours_share_a_group() {
        let small: Vec<Unplaced> = [(1, 30, 11), (100, 30, 12), (200, 30, 13), (300, 30, 14)]
            .into_iter()
            .flat_map(|(first, count, cluster)| homes(first, count, Some(cluster), Audience::F0))
            .collect();
        let map = beside(&[(11, 13), (12, 14)]);
        let plan = plan(&small, &[], &map, RULES);
        let clusters: Vec<Vec<i64>> =
            plan.new_groups.iter().map(|new| new.clusters.iter().map(|c| c.0).collect()).collect();
        assert_eq!(clusters, [[11, 13], [12, 14]]);
    }

    #[test]
    fn a_hamlet_of_three_homes_joins_its_neighbour() {
        let mut all = homes(1, 60, Some(1), Audience::F1);
        all.extend(homes(100, 3, Some(2), Audience::F1));
        all.extend(homes(200, 60, Some(3), Audience::F1));
        assert_eq!(sizes(&all, &[], &beside(&[(2, 3)])), [60, 63]);
    }

    #[test]
    fn homes_that_fit_nowhere_halve_a_group_that_is_being_opened() {
        let mut all = homes(1, 90, Some(1), Audience::F0);
        all.extend(homes(200, 30, Some(2), Audience::F0));
        assert_eq!(sizes(&all, &[], &[]), [60, 60]);
    }

    #[test]
    fn an_existing_group_is_never_emptied_for_newcomers() {
        let standing = [group(1, Audience::F0, &[1], 60)];
        assert_eq!(
            sizes(&homes(1, 45, Some(1), Audience::F0), &standing, &[]),
            [60, 45],
            "even, not 100 and 5"
        );
        assert_eq!(sizes(&homes(1, 80, Some(1), Audience::F0), &standing, &[]), [70, 70]);
        assert_eq!(sizes(&homes(1, 40, Some(1), Audience::F0), &standing, &[]), [100]);
    }

    #[test]
    fn f0_and_f1_homes_are_apart_unless_the_locality_mixes() {
        let mut all = homes(1, 10, Some(1), Audience::F0);
        all.extend(homes(50, 10, Some(1), Audience::F1));
        let audiences = |rules| -> Vec<Audience> {
            plan(&all, &[], &[], rules).new_groups.iter().map(|new| new.audience).collect()
        };
        assert_eq!(audiences(RULES), [Audience::F0, Audience::F1]);
        assert_eq!(audiences(GroupRules { separate: false, ..RULES }), [Audience::Mixed]);
    }

    #[test]
    fn a_home_with_any_f0_is_an_f0_home() {
        use EpisodeKind::{Case, Contact};
        let table: &[(&[EpisodeKind], Option<Audience>)] = &[
            (&[], None),
            (&[Contact, Contact], Some(Audience::F1)),
            (&[Contact, Case, Contact], Some(Audience::F0)),
            (&[Case], Some(Audience::F0)),
        ];
        for (open, expected) in table {
            assert_eq!(audience_of(open.iter().copied()), *expected);
        }
    }

    #[test]
    fn an_f1_home_that_turns_f0_moves() {
        let groups = [group(1, Audience::F1, &[7], 60), group(2, Audience::F0, &[7], 70)];
        let home = Unplaced { household: HouseholdId(1), cluster: Some(AreaId(7)), audience: Audience::F0 };
        let to = |current, groups: &[GroupState], rules| {
            move_home(home, current, groups, &[], rules).map(|moved| moved.to)
        };
        assert_eq!(to(Some(GroupId(1)), &groups, RULES), Some(Slot::Existing(GroupId(2))));
        assert_eq!(to(Some(GroupId(2)), &groups, RULES), None, "it is in an F0 group");
        assert_eq!(to(None, &groups, RULES), Some(Slot::Existing(GroupId(2))));
        assert_eq!(to(Some(GroupId(1)), &groups, GroupRules { separate: false, ..RULES }), None);
        let opened = move_home(home, Some(GroupId(1)), &groups[..1], &[], RULES).unwrap();
        assert_eq!(opened.to, Slot::New(0));
        assert_eq!(opened.opens, Some(NewGroup { audience: Audience::F0, clusters: vec![AreaId(7)] }));
        let recovered = Unplaced { audience: Audience::F1, ..home };
        assert_eq!(
            move_home(recovered, Some(GroupId(2)), &groups, &[], RULES),
            None,
            "it stays with its carers"
        );
    }

    #[test]
    fn a_leader_is_asked_to_split_and_merge() {
        let groups = [
            group(1, Audience::F0, &[1], 130),
            group(2, Audience::F0, &[2], 20),
            group(3, Audience::F0, &[3], 60),
            group(4, Audience::F0, &[4], 55),
            group(5, Audience::F1, &[2], 10),
            group(6, Audience::F0, &[6], 0),
        ];
        assert_eq!(
            proposals(&groups, &beside(&[(2, 3)]), RULES),
            [
                Proposal::Split { group: GroupId(1), into: 2 },
                Proposal::Merge { group: GroupId(2), with: GroupId(3) }
            ]
        );
    }

    #[test]
    fn rules_that_cannot_be_kept_are_refused() {
        let rules = |target_min, max| GroupRules { target_min, max, separate: true };
        for (rules, ok) in [
            (RULES, true),
            (rules(20, 40), true),
            (rules(51, 100), false),
            (rules(0, 100), false),
            (rules(1, 0), false),
            (rules(50, 5_000), false),
        ] {
            assert_eq!(rules.check().is_ok(), ok, "{rules:?}");
        }
    }

    #[test]
    fn a_city_of_ten_thousand_homes() {
        let all: Vec<Unplaced> = (0..40).flat_map(|c| homes(c * 1_000, 250, Some(c), Audience::F0)).collect();
        let sizes = sizes(&all, &[], &[]);
        assert_eq!(sizes.iter().sum::<usize>(), 10_000);
        assert!(sizes.iter().all(|size| (TARGET_MIN..=MAX).contains(size)));
    }

    /// Villages of three homes and quarters of four hundred, with a map of some of them, and homes without cluster.
    fn city() -> impl Strategy<Value = (Vec<Unplaced>, Vec<ClusterInfo>)> {
        let size = prop_oneof![0..5usize, 3..49usize, 50..120usize, Just(400usize)];
        let cluster = (size, 0..=4usize, proptest::collection::vec(0..14i64, 0..3));
        let no_cluster = prop_oneof![Just(0usize), 0..10usize, 0..130usize];
        (proptest::collection::vec(cluster, 0..14), no_cluster).prop_map(|(clusters, no_cluster)| {
            let mut all = Vec::new();
            let mut map = Vec::new();
            let mut add = |cluster: Option<AreaId>, size: usize, f1_of_4: usize| {
                for at in 0..size {
                    let audience = if at % 4 < f1_of_4 { Audience::F1 } else { Audience::F0 };
                    // Ids in no order of the clusters.
                    let household = HouseholdId(all.len() as i64 * 7_919 % 100_003);
                    all.push(Unplaced { household, cluster, audience });
                }
            };
            for (at, (size, f1_of_4, neighbours)) in clusters.into_iter().enumerate() {
                let id = AreaId(at as i64);
                add(Some(id), size, f1_of_4);
                map.push(ClusterInfo { id, neighbours: neighbours.into_iter().map(AreaId).collect() });
            }
            add(None, no_cluster, 2);
            (all, map)
        })
    }

    fn count_of(homes: &[Unplaced], audience: Audience) -> usize {
        homes.iter().filter(|home| home.audience == audience).count()
    }

    fn assert_right(groups: &[GroupState], homes: &[Unplaced]) -> Result<(), TestCaseError> {
        for audience in [Audience::F0, Audience::F1] {
            let total = count_of(homes, audience);
            let sizes: Vec<usize> =
                groups.iter().filter(|g| g.audience == audience).map(|g| g.households).collect();
            prop_assert_eq!(sizes.iter().sum::<usize>(), total);
            prop_assert!(sizes.iter().all(|size| *size <= MAX), "{:?}", sizes);
            if total >= TARGET_MIN {
                prop_assert!(sizes.iter().all(|size| *size >= TARGET_MIN), "{audience}: {:?}", sizes);
            }
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

        #[test]
        fn every_home_of_a_city_is_placed_once_in_a_group_of_the_right_size((homes, map) in city()) {
            let plan = plan(&homes, &[], &map, RULES);
            let placed: BTreeSet<HouseholdId> = plan.assignments.iter().map(|(home, _)| *home).collect();
            prop_assert_eq!(placed.len(), homes.len());
            prop_assert_eq!(plan.assignments.len(), homes.len());
            let mut groups = Vec::new();
            carry_out(&plan, usize::MAX, &mut groups);
            prop_assert_eq!(groups.len(), plan.new_groups.len());
            assert_right(&groups, &homes)?;
        }

        #[test]
        fn the_order_of_the_list_changes_nothing((homes, map) in city()) {
            let mut turned = homes.clone();
            turned.reverse();
            prop_assert_eq!(plan(&homes, &[], &map, RULES), plan(&turned, &[], &map, RULES));
        }

        #[test]
        fn a_plan_carried_out_in_chunks_ends_as_well((homes, map) in city(), chunk in 1..=CHUNK) {
            let chunk = if homes.len() > 20 * chunk { CHUNK } else { chunk };
            let mut groups = Vec::new();
            let mut waiting = homes.clone();
            while !waiting.is_empty() {
                let plan = plan(&waiting, &groups, &map, RULES);
                carry_out(&plan, chunk, &mut groups);
                let placed: BTreeSet<HouseholdId> =
                    plan.beginning(chunk).iter().map(|(home, _)| *home).collect();
                prop_assert!(placed.len() < chunk + MAX, "a part is bounded");
                waiting.retain(|home| !placed.contains(&home.household));
            }
            assert_right(&groups, &homes)?;
        }

        #[test]
        fn homes_that_come_day_by_day_find_a_place((homes, map) in city(), day in 1..60usize) {
            let mut groups: Vec<GroupState> = Vec::new();
            for today in homes.chunks(day) {
                let before = groups.clone();
                let plan = plan(today, &groups, &map, RULES);
                carry_out(&plan, usize::MAX, &mut groups);
                for (was, is) in before.iter().zip(&groups) {
                    prop_assert!(is.households >= was.households, "nobody placed moves");
                }
                for audience in [Audience::F0, Audience::F1] {
                    let room: usize = before.iter().filter(|g| g.audience == audience).map(|g| MAX - g.households).sum();
                    let opened = plan.new_groups.iter().any(|new| new.audience == audience);
                    let few = count_of(today, audience) < TARGET_MIN;
                    prop_assert!(!(few && opened && room >= count_of(today, audience)), "there was room");
                }
            }
            let total: usize = groups.iter().map(|group| group.households).sum();
            prop_assert_eq!(total, homes.len());
            prop_assert!(groups.iter().all(|group| group.households <= MAX));
        }

        #[test]
        fn any_rules_at_all_place_everybody((homes, map) in city(), target_min in 0..80usize, max in 0..130usize) {
            let rules = GroupRules { target_min, max, separate: target_min % 2 == 0 };
            let plan = plan(&homes, &[], &map, rules);
            prop_assert_eq!(plan.assignments.len(), homes.len());
            let mut groups = Vec::new();
            carry_out(&plan, usize::MAX, &mut groups);
            prop_assert!(groups.iter().all(|group| group.households <= max.max(1)));
        }
    }
}
