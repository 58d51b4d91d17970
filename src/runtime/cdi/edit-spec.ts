import type { Hook, HookName, Mount, RuntimeSpec } from "../../oci/index.ts";
import type { CdiEdits } from "./contract.ts";

/** Makes the edits, but for device nodes, to a spec: what they name goes over what is there. */
export function editSpec(spec: RuntimeSpec, edits: CdiEdits): RuntimeSpec {
	const { process } = spec;
	const gids = new Set([...(process.user.additionalGids ?? []), ...edits.additionalGids]);
	return {
		...spec,
		process: {
			...process,
			env: withVariables(process.env, edits.env),
			user: { ...process.user, additionalGids: [...gids] },
		},
		mounts: withMounts(spec.mounts, edits.mounts),
		...(edits.hooks.length > 0 ? { hooks: hooksByName(edits.hooks) } : {}),
	};
}

function withVariables(env: readonly string[], added: readonly string[]): string[] {
	const nameOf = (entry: string) => entry.split("=", 1)[0]!;
	const byName = new Map(added.map((entry) => [nameOf(entry), entry]));
	return [...env.filter((entry) => !byName.has(nameOf(entry))), ...byName.values()];
}

/** Parents before what is mounted inside of them. */
function withMounts(mounts: readonly Mount[], added: readonly Mount[]): Mount[] {
	if (added.length === 0) return [...mounts];
	const targets = new Set(added.map(({ destination }) => destination));
	const depth = ({ destination }: Mount) => destination.split("/").filter((part) => part !== "").length;
	return [...mounts.filter(({ destination }) => !targets.has(destination)), ...added].sort(
		(a, b) => depth(a) - depth(b),
	);
}

function hooksByName(hooks: CdiEdits["hooks"]): NonNullable<RuntimeSpec["hooks"]> {
	const all: Partial<Record<HookName, Hook[]>> = {};
	for (const { name, ...hook } of hooks) all[name] = [...(all[name] ?? []), hook];
	return all;
}
