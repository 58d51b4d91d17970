import { readFileSync } from "node:fs";

/** A list's format in the client's `config.json` (`psFormat`, `imagesFormat`, …); `undefined` when there is none. */
export function configuredFormat(configFolder: string, key: string): string | undefined {
	let text: string;
	try {
		text = readFileSync(`${configFolder}/config.json`, "utf8");
	} catch {
		return undefined;
	}
	try {
		const format = (JSON.parse(text) as Record<string, unknown>)[key];
		return typeof format === "string" ? format : undefined;
	} catch {
		// A broken file is reported where credentials are needed; a list works without it.
		return undefined;
	}
}
