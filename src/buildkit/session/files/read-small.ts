import { EngineError } from "../../../lib/index.ts";
import type { Session } from "../sessions.ts";
import { openRemoteTree, type TreeRequest } from "./remote-tree.ts";

/** Bytes of a Dockerfile or `.dockerignore`. */
const maxBytes = 16 * 1024 * 1024;

/** Texts of small files of a client's folder; those that are not there are left out. Links are followed. */
export async function readSmallFiles(
	session: Session,
	request: TreeRequest & { readonly paths: readonly string[] },
	signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
	using tree = await openRemoteTree(session, { ...request, followPaths: request.paths }, signal);
	const found = request.paths.flatMap((path) => {
		let entry = tree.entries.get(path);
		for (let hops = 0; entry?.kind === "link" && hops < 16; hops++) {
			const base = entry.linkName.startsWith("/") ? "" : entry.path.split("/").slice(0, -1).join("/");
			entry = tree.entries.get(joined(base, entry.linkName));
		}
		if (entry?.kind === "file" && entry.linkName !== "") entry = tree.entries.get(entry.linkName);
		return entry?.kind === "file" ? [{ path, entry }] : [];
	});
	const texts = new Map<number, Buffer[]>();
	for (const { path, entry } of found) {
		if (entry.sizeBytes > maxBytes)
			throw new EngineError("too_large", `${path}: ${entry.sizeBytes} bytes, at most ${maxBytes}`);
		texts.set(entry.id, []);
	}
	const wanted = [...new Map(found.map(({ entry }) => [entry.id, entry])).values()];
	await tree.read(wanted, ({ id }) => ({
		write: (data) => texts.get(id)!.push(Buffer.from(data)),
		close: () => undefined,
	}));
	return new Map(
		found.map(({ path, entry }) => [path, Buffer.concat(texts.get(entry.id)!).toString("utf8")]),
	);
}

function joined(base: string, target: string): string {
	const names: string[] = [];
	for (const name of `${base}/${target}`.split("/")) {
		if (name === "..") names.pop();
		else if (name !== "" && name !== ".") names.push(name);
	}
	return names.join("/");
}
