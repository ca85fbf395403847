-- What a script may use inside Redis; anything else fails there, and only when that line runs.
-- `make check` applies this to each script with its includes in place.
std = "none"
max_line_length = 120
read_globals = {
    "KEYS", "ARGV", "redis", "cjson", "cmsgpack", "bit", "struct",
    "assert", "error", "ipairs", "next", "pairs", "pcall", "select", "setmetatable", "tonumber", "tostring", "type",
    "unpack", "math", "string", "table",
}
-- The record layouts name every field, whether this script needs it or not.
ignore = { "211/[A-Z_]+" }
