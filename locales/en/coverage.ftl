## Not managed, not supervised

coverage-title = Not managed, not supervised
coverage-checked = checked at
coverage-one = One person is not fully looked after
coverage-n = { $n } people are not fully looked after
coverage-oldest = The longest: { $time }.
coverage-oldest-short = longest { $time }
coverage-none = Nobody is left out
coverage-none-words = Everybody being followed has a group, a leader, somebody on duty and a way to be reached.
coverage-kinds = Filter by kind
coverage-all = All
coverage-tick = Choose { $name }
coverage-age = for { $time }
coverage-assign = Assign
coverage-give-to = Assign to
coverage-assign-ticked = Assign those chosen
coverage-below = Place by place
coverage-unit-clear = nobody is left out
gap-mend-unplaced = The household is in no group. Enter its cluster, or place it in a group.
gap-mend-no_leader = A group must have a leader. Open the group and choose one.
gap-mend-nobody_on_duty = Nobody of the group is on duty. Call the leader, or assign somebody else.
gap-mend-unreachable = No number works any more. Find another, or name a visitor.
gap-mend-no_second_visitor = One more person is needed for when the visitor is away.
gap-mend-alarm_unacknowledged = A danger sign was reported and nobody took it in time. Call now.
gap-mend-first_contact_overdue = The time is up and nobody has reached and advised them. Call now, or send somebody.
gap-mend-no_cluster = The village or neighbourhood is not known, so they are in the commune's general group. Ask, and correct the address.
gap-mend-no_hours_set = The hours to first contact are not set, so there is no clock. Set them under Settings.
