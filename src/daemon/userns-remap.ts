import { readFileSync } from "node:fs";
import { type DefaultUserNamespace, parseSubordinateIds } from "../containers/index.ts";
import { EngineError } from "../lib/index.ts";

/**
 * `--userns-remap`: `host` (or nothing), `auto` (a range of its own for each container), or `USER[:GROUP]`, whose
 * ranges in /etc/subuid and /etc/subgid all containers get, as with Docker's option. Errors: `invalid_argument`.
 */
export function parseUsernsRemap(text: string, etc = "/etc"): DefaultUserNamespace {
	if (text === "" || text === "host") return { kind: "host" };
	if (text === "auto") return { kind: "own" };
	if (text === "default")
		throw invalid(text, "hulld makes no users: name one that has ranges in /etc/subuid, or say auto");
	const [user = "", group = user, ...rest] = text.split(":");
	if (user === "" || group === "" || rest.length > 0) throw invalid(text, "expected auto or USER[:GROUP]");
	return {
		kind: "remapped",
		ids: {
			uids: rangesOf(`${etc}/subuid`, user, text),
			gids: rangesOf(`${etc}/subgid`, group, text),
		},
	};
}

/** One after the other, from the container's root on. */
function rangesOf(file: string, owner: string, text: string) {
	let inside = 0;
	const ranges = parseSubordinateIds(read(file))
		.filter((entry) => entry.owner === owner)
		.map(({ range }) => {
			const { outside, size } = range;
			const first = inside;
			inside += size;
			return { inside: first, outside, size };
		});
	if (ranges.length === 0) throw invalid(text, `no range for ${owner} in ${file}`);
	return ranges;
}

function read(file: string): string {
	try {
		return readFileSync(file, "utf8");
	} catch {
		return "";
	}
}

function invalid(text: string, problem: string): EngineError {
	return new EngineError("invalid_argument", `--userns-remap ${text}: ${problem}`);
}
