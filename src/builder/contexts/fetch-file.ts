import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { basename } from "node:path/posix";
import { EngineError, errnoOf } from "../../lib/index.ts";

export interface FetchedFile {
	/** What the address, or the server, calls it; empty when neither says. */
	readonly name: string;
	readonly sizeBytes: number;
	/** sha256, hexadecimal. */
	readonly digest: string;
	/** Of `Last-Modified`. */
	readonly modified: Date | undefined;
	/** `Content-Type`, in lower case, without parameters. */
	readonly type: string;
}

/** Downloads an http(s) address into a new file. Errors: `unavailable`, `invalid_argument` for an answer that is none, `too_large`. */
export async function fetchFile(
	address: string,
	path: string,
	{ maxBytes, signal }: { readonly maxBytes: number; readonly signal: AbortSignal },
): Promise<FetchedFile> {
	const url = parseAddress(address);
	const response = await request(url, signal);
	const hash = createHash("sha256");
	let sizeBytes = 0;
	await using file = await open(path, "wx", 0o600);
	try {
		for await (const chunk of response.body ?? []) {
			sizeBytes += chunk.length;
			if (sizeBytes > maxBytes)
				throw new EngineError("too_large", `${shown(url)} has more than ${maxBytes} bytes`);
			hash.update(chunk);
			await file.writeFile(chunk);
		}
	} catch (error) {
		throw downloadError(url, error, signal);
	}
	const modified = new Date(response.headers.get("last-modified") ?? "");
	return {
		name: fileName(url, response),
		sizeBytes,
		digest: hash.digest("hex"),
		modified: Number.isNaN(modified.getTime()) ? undefined : modified,
		type: (response.headers.get("content-type") ?? "").split(";")[0]!.trim().toLowerCase(),
	};
}

async function request(url: URL, signal: AbortSignal): Promise<Response> {
	const response = await fetch(url, { signal }).catch((error: unknown) => {
		throw downloadError(url, error, signal);
	});
	if (response.ok) return response;
	await response.body?.cancel();
	throw new EngineError("invalid_argument", `cannot download ${shown(url)}: it answers ${response.status}`);
}

function downloadError(url: URL, error: unknown, signal: AbortSignal): unknown {
	if (error instanceof EngineError) return error;
	if (signal.aborted) return new EngineError("cancelled", "the build was cancelled", { cause: error });
	return new EngineError(
		"unavailable",
		`cannot download ${shown(url)}: ${errnoOf(error) ?? (error as Error).message}`,
		{ cause: error },
	);
}

function parseAddress(address: string): URL {
	try {
		const url = new URL(address);
		if (url.protocol === "http:" || url.protocol === "https:") return url;
	} catch {}
	throw new EngineError("invalid_argument", `${JSON.stringify(address)} is no http(s) address`);
}

/** Without what may be a password. */
function shown(url: URL): string {
	return `${url.protocol}//${url.host}${url.pathname}`;
}

/** RFC 6266's plain form; a name never leads anywhere. */
function fileName(url: URL, response: Response): string {
	const given = /(?:^|;)\s*filename="?([^";]+)"?/i.exec(response.headers.get("content-disposition") ?? "");
	const name = basename(given?.[1] ?? decode(url.pathname));
	return name === "." || name === ".." || name.includes("\0") ? "" : name;
}

function decode(path: string): string {
	if (path.endsWith("/")) return "";
	try {
		return decodeURIComponent(path);
	} catch {
		return path;
	}
}
