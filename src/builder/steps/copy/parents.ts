import type { TreeEntry } from "../../../archive/index.ts";
import { fromByteString } from "../../../sys/index.ts";
import type { BuildContext } from "../../contract.ts";

/** The folders above `path`, from `start` on, as they are in the source. Paths are byte strings. */
export async function parentEntries(
	source: BuildContext,
	path: string,
	start: string,
): Promise<readonly { readonly to: string; readonly entry: TreeEntry }[]> {
	const found: { to: string; entry: TreeEntry }[] = [];
	for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) {
		const to = path.slice(0, at);
		const entry = await source.look(fromByteString(start === "" ? to : `${start}/${to}`));
		if (entry?.kind === "folder") found.push({ to, entry });
	}
	return found;
}
