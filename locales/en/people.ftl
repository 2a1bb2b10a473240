## The list of people

people-search = Name or phone number
people-state = State
people-state-open = Being followed
people-state-closed = Ended
people-state-all = All
people-show = Only
people-show-all = Everybody
people-show-waiting = Not contacted yet
people-show-unassessed = Level not assessed
people-show-no_phone = Without a phone
people-none-found = Nobody found
people-none-found-words = Try fewer letters, marks are not needed, or drop a filter.
people-all = Show all
people-none = Nobody is being followed here yet
people-none-words = New people appear here.
people-range = People { $from } to { $to }
people-count = { $n } people
figures-no-people = Your role sees the numbers only, not the names.
figures-none = This figure is 0: there is nobody.
figures-of = { $part } of { $whole }
