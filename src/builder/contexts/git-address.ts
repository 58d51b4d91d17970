import { EngineError } from "../../lib/index.ts";

export interface GitAddress {
	readonly remote: string;
	/** Branch, tag or commit; empty: what the remote's HEAD is. */
	readonly ref: string;
	/** Folder in the repository, without outer slashes; empty: all of it. */
	readonly folder: string;
}

/**
 * A repository's address as builds have it: `https://host/path.git#ref:folder`, `git://…`, `ssh://…`, `git@host:path`,
 * `github.com/…`. `undefined` for what is none. Errors: `invalid_argument` for a ref or a folder that makes no sense.
 * https://docs.docker.com/build/concepts/context/#git-repositories
 */
export function parseGitAddress(text: string): GitAddress | undefined {
	const hash = text.indexOf("#");
	const address = hash < 0 ? text : text.slice(0, hash);
	const fragment = hash < 0 ? "" : text.slice(hash + 1);
	const remote = remoteOf(address);
	if (remote === undefined) return undefined;
	const colon = fragment.indexOf(":");
	const ref = colon < 0 ? fragment : fragment.slice(0, colon);
	const folder = colon < 0 ? "" : fragment.slice(colon + 1).replace(/^\/+|\/+$/g, "");
	if (!/^(?:[A-Za-z0-9_][\w./+@-]*)?$/.test(ref) || ref.includes(".."))
		throw new EngineError("invalid_argument", `${JSON.stringify(ref)} is no branch, tag or commit`);
	if (folder.split("/").some((part) => part === "..") || folder.includes("\0"))
		throw new EngineError(
			"invalid_argument",
			`folder ${JSON.stringify(folder)} is outside of the repository`,
		);
	return { remote, ref, folder };
}

function remoteOf(address: string): string | undefined {
	if (/^https?:\/\/[^\s]+\.git$/.test(address)) return address;
	if (/^(?:git|ssh):\/\/[^\s-][^\s]*$/.test(address)) return address;
	if (/^github\.com\/[\w.-]+\/[\w./-]+$/.test(address)) return `https://${address}`;
	if (/^[\w][\w.-]*@[\w][\w.-]*:[^\s-][^\s]*$/.test(address)) return address;
	return undefined;
}
