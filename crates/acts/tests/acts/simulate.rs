//! Two weeks of two communes with every fault, played on both databases: nobody forgotten, nobody unanswered, no figure
//! invented.

use crate::common::Home;
use acts::simulate::{Broken, Outside, Played, Scenario, simulate};

on_both! {
    nothing_that_must_never_be_comes_about
    a_seed_tells_the_same_story_again
}

fn quick() -> Scenario {
    Scenario::read(Scenario::named("quick").unwrap()).unwrap()
}

async fn play(home: &Home, scenario: &Scenario, seed: u64) -> Result<Played, Broken> {
    let outside = Outside {
        open: &|| home.open_store(),
        verify: &|| home.verify(),
        chance: crate::common::chance,
        progress: &|_, _| {},
    };
    simulate(&outside, scenario, seed).await.unwrap()
}

async fn nothing_that_must_never_be_comes_about(home: &Home) {
    let played = play(home, &quick(), 1).await;
    let played = played.unwrap_or_else(|broken| panic!("{broken:?}"));
    // Each thing that a scenario is for did happen.
    for what in [
        "registered",
        "calls",
        "check-ins",
        "alarms",
        "low readings that counted",
        "messages of homes",
        "messages of teams",
        "numbers that were somebody else's",
        "restarts",
        "sent twice",
        "answers lost",
        "strangers turned away",
        "second ones turned away",
        "releases refused",
        "contacts turned cases",
        "reports sent",
        "corrections",
        "days locked",
        "reminders",
        "gaps seen",
        "people looked at",
        "homes taken on",
        "homes put off",
        "homes passed on",
        "released",
    ] {
        assert!(played.counts.get(what).is_some_and(|count| *count > 0), "no {what}: {:?}", played.counts);
    }
}

async fn a_seed_tells_the_same_story_again(home: &Home) {
    let scenario = Scenario { days: 2, ..quick() };
    let first = play(home, &scenario, 7).await.unwrap_or_else(|broken| panic!("{broken:?}"));
    let again = home.another();
    assert_eq!(play(&again, &scenario, 7).await.unwrap(), first);
    let other = home.another();
    assert_ne!(play(&other, &scenario, 8).await.unwrap().counts, first.counts);
}
