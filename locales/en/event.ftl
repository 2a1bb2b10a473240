## What happened, in words (the log of a record)

event-episode_registered = Registered: { $kind }
event-contact_attempted = { $by }: { $outcome }
event-contact_attempted-told = Explained: { $told }
event-contact_attempted-all = All four explained
event-phone_wrong = Phone number marked as wrong
event-home_placed = Household placed in a group
event-homes_placed = { $homes } households placed in groups
event-group_opened = Group { $audience } opened
event-episode_ended = Care ended: { $outcome }
event-episode_reopened = Record reopened
event-severity_set = Level assessed: { $level }
event-test_recorded = Test { $kind }: { $result }
event-arrangement_set = Way of keeping in touch: { $arrangement }
event-person_edited = Record edited
event-person_merged = Two records joined
event-episode_voided = Record voided as a mistake
event-assigned = Assigned to a carer
event-unknown = Something else ({ $kind })
event-late = made { $made }, received { $received }
origin-web = on the web
origin-api = through another program
origin-import = imported list
origin-clock = clock
origin-cli = administrator's command
origin-demo = demo
origin-seed = starting data
