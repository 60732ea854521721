-- Credit: what a dispatcher has claimed in advance; handing.lua says how it is used.

-- At most so many tasks are handed over by one submit. Of so many dispatchers it is looked at what
-- credit they give, or what they have not fetched.
local HANDED_MOST, TAKERS_MOST = 10, 10
