## Words that forms share

form-refused = This could not be done
form-one-fault = One thing to correct
form-faults = { $n } things to correct
form-optional = optional
form-none-if-none = leave empty if there is none
form-unknown = Not known
form-none = None
form-choose = Choose…
form-all = All
form-yes = Yes
form-no = No
form-reason = Reason
