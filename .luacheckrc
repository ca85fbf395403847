-- What a script may use inside Redis; anything else fails there while it runs.
std = "none"
max_line_length = 120
read_globals = {
    "redis", "cjson", "cmsgpack", "bit", "struct",
    "assert", "error", "ipairs", "next", "pairs", "pcall", "select", "tonumber", "tostring", "type", "unpack",
    "math", "string", "table",
}

-- Each file is read alone, but runs where `--- @include` has put the helper tables of lua/lib before it.
-- A table is filled by its own file and used by others; both look unused or unknown from the one file.
local helpers = {
    "allocation", "batch", "clock", "deadline", "gate", "handlers", "hold", "layout", "log", "outcome", "reacquire",
    "remembered", "slices", "stock",
}
globals = helpers
files["lua/lib"] = { ignore = { "211", "241" } }

-- KEYS and ARGV belong to the scripts: helpers take arguments.
files["lua/*.lua"] = { read_globals = { "KEYS", "ARGV" } }
