import { readFileSync } from "node:fs";
import { EngineError } from "../../lib/index.ts";

/** The number of an account or group of the host, by name or number. Errors: `invalid_argument`. */
export function accountId(file: "/etc/passwd" | "/etc/group", name: string): number {
	if (/^\d{1,10}$/.test(name)) return Number(name);
	for (const line of readFileSync(file, "utf8").split("\n")) {
		const [known, , id] = line.split(":");
		if (known === name && id !== undefined && /^\d+$/.test(id)) return Number(id);
	}
	throw new EngineError("invalid_argument", `${name} is not in ${file}`);
}
