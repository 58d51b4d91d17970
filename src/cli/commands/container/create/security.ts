export interface SecurityOptions {
	readonly SecurityOpt: string[];
	readonly MaskedPaths?: string[];
	readonly ReadonlyPaths?: string[];
}

const standalone = ["no-new-privileges", "writable-cgroups"];
const builtInProfiles = ["unconfined", "builtin"];

/** `--security-opt`: seccomp profiles are read here, because the engine does not see the client's files. */
export function securityOptions(
	texts: readonly string[],
	readFile: (path: string) => Uint8Array,
): SecurityOptions {
	const unconfined = texts.includes("systempaths=unconfined");
	const others = texts.filter((text) => text !== "systempaths=unconfined");
	return {
		SecurityOpt: others.map((text) => securityOption(text, readFile)),
		...(unconfined ? { MaskedPaths: [], ReadonlyPaths: [] } : {}),
	};
}

function securityOption(text: string, readFile: (path: string) => Uint8Array): string {
	if (standalone.includes(text)) return text;
	const match = /^([^=:]+)[=:](.*)$/s.exec(text);
	if (match === null) throw new Error(`Invalid --security-opt: ${JSON.stringify(text)}`);
	const [, key, value] = match;
	if (key !== "seccomp" || builtInProfiles.includes(value!)) return text;
	return `seccomp=${compactProfile(value!, readFile)}`;
}

function compactProfile(path: string, readFile: (path: string) => Uint8Array): string {
	let text: string;
	try {
		text = Buffer.from(readFile(path)).toString();
	} catch (cause) {
		throw new Error(`opening seccomp profile (${path}) failed: ${(cause as Error).message}`, { cause });
	}
	try {
		return JSON.stringify(JSON.parse(text));
	} catch (cause) {
		throw new Error(`compacting json for seccomp profile (${path}) failed: ${(cause as Error).message}`, {
			cause,
		});
	}
}
