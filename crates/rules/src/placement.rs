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
    /// Every home once, group by group, so that any beginning of it leaves at most one group begun.
    pub assignments: Vec<(HouseholdId, Slot)>,
    pub new_groups: Vec<NewGroup>,
    /// Clusters that an existing group serves from now on.
    pub served: Vec<(GroupId, AreaId)>,
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
            .min_by_key(|other| (!other.clusters.iter().any(|c| near.contains(c)), other.households, other.id));
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
            .min_by_key(|at| {
                (near.is_disjoint(&self.drafts[*at].clusters), self.drafts[*at].size(), *at)
            });
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
        let spare = |draft: &Draft| {
            draft.homes.len().min(draft.size().saturating_sub(self.rules.target_min))
        };
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
        order.sort_by_key(|at| {
            (near.is_disjoint(&self.drafts[*at].clusters), self.drafts[*at].size(), *at)
        });
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
