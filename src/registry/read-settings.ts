import { readFileSync, statSync } from "node:fs";
import { EngineError } from "../lib/index.ts";
import { noSettings, parseSettings, type RegistrySettings, withDaemonSettings } from "./settings.ts";

export interface SettingsOptions {
	/** The file; absent is as good as empty. */
	readonly file?: string;
	readonly insecure?: readonly string[];
	/** Mirrors of Docker Hub. */
	readonly hubMirrors?: readonly URL[];
	readonly offline?: boolean;
}

/**
 * Gives the settings as they are now: the file is read again when it has changed, so that a mirror or a certificate
 * is added without a restart. Throws `invalid_argument` for a file that is wrong.
 */
export function settingsReader(options: SettingsOptions = {}): () => RegistrySettings {
	const { file, insecure = [], hubMirrors = [], offline = false } = options;
	const complete = (settings: RegistrySettings) =>
		withDaemonSettings(settings, { insecure, hubMirrors, offline });
	let version: string | undefined;
	let current = complete(noSettings);
	return () => {
		if (file === undefined) return current;
		const now = versionOf(file);
		if (now === version) return current;
		current = complete(now === "" ? noSettings : parseSettings(readJson(file), file));
		version = now;
		return current;
	};
}

function versionOf(file: string): string {
	const stat = statSync(file, { throwIfNoEntry: false });
	return stat === undefined ? "" : `${stat.ino} ${stat.size} ${stat.mtimeMs}`;
}

function readJson(file: string): unknown {
	try {
		return JSON.parse(readFileSync(file, "utf8"));
	} catch (cause) {
		throw new EngineError("invalid_argument", `${file}: ${(cause as Error).message}`, { cause });
	}
}
