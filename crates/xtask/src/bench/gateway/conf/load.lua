-- wrk -s load.lua URL -- PATHS TOKENS ONE_OR_ALL
-- Requests for the paths in turn, with the first token or all of them in turn. Prints one line "JSON {...}": counts,
-- and latencies in microseconds.
local requests, place, count = {}, 0, 0

local function lines(name)
  local found = {}
  for line in io.lines(name) do found[#found + 1] = line end
  return found
end

function init(args)
  local paths, tokens = lines(args[1]), lines(args[2])
  if args[3] == "one" then tokens = { tokens[1] } end
  count = math.max(#paths, #tokens)
  for number = 1, count do
    requests[number] = wrk.format("GET", paths[(number - 1) % #paths + 1], {
      ["Host"] = wrk.host .. ":" .. wrk.port,
      ["Authorization"] = "Bearer " .. tokens[(number - 1) % #tokens + 1],
    })
  end
end

function request()
  place = place % count + 1
  return requests[place]
end

function done(summary, latency)
  local e = summary.errors
  print(string.format('JSON {"requests":%d,"us":%d,"errors":%d,"p50":%.0f,"p99":%.0f}',
    summary.requests, summary.duration, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50), latency:percentile(99)))
end
