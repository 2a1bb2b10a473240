## Error pages

error-401 = Please log in again
error-401-words = The session has ended. Log in and go on.
error-404 = There is no such page here
error-404-words = The address may have changed, or this does not belong to your area.
error-409 = Not possible right now
error-409-words = Somebody just changed it, or the record is in another state. Reload the page and look again.
error-413 = The file is too large
error-413-words = Split the list into smaller files and try again.
error-422 = Something could not be read
error-422-words = Go back and look at what is marked in red.
error-429 = Too fast
error-429-words = Please wait a moment and try again.
error-500 = The program had a fault
error-500-words = What you entered may not be saved. Go back and look; if it is not there, enter it again, it will not count twice.
error-503 = Very busy
error-503-words = What you entered was not saved. The page tries again in a few seconds.
error-retry = Tries again in { $n } seconds.
error-reference = When you tell your administrator, give this reference:
error-back = Go back
