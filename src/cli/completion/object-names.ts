import {
	containerList,
	imageList,
	networkList,
	secretList,
	snapshotList,
	volumeList,
	volumeSnapshotList,
} from "../../client/index.ts";
import type { CommandContext } from "../context.ts";
import type { Completion } from "../flags/flag.ts";
import type { Candidate } from "./candidate.ts";

type ObjectKind = Exclude<Completion, "file" | "folder" | "signal" | "platform" | "none">;

/** Names of what the engine has, of one kind. */
export async function objectNames(context: CommandContext, kind: ObjectKind): Promise<Candidate[]> {
	const engine = await context.engine();
	switch (kind) {
		case "container":
			return containerNames(await containerList(engine, { all: true }));
		case "running-container":
			return containerNames(await containerList(engine));
		case "stopped-container": {
			const filters = { status: ["created", "exited"] };
			return containerNames(await containerList(engine, { all: true, filters }));
		}
		case "image":
			return (await imageList(engine)).flatMap(({ RepoTags }) =>
				(RepoTags ?? []).filter((name) => !name.startsWith("<none>")).map((value) => ({ value })),
			);
		case "volume":
			return ((await volumeList(engine)).Volumes ?? []).map(({ Name }) => ({ value: Name ?? "" }));
		case "network":
			return (await networkList(engine)).map(({ Name, Driver }) => ({
				value: Name ?? "",
				description: Driver,
			}));
		case "snapshot":
			return (await snapshotList(engine)).map(({ Name, ContainerName }) => ({
				value: Name,
				description: ContainerName,
			}));
		case "secret":
		case "config":
			return (await secretList(engine, kind)).map(({ Spec }) => ({ value: Spec.Name }));
		case "volume-snapshot":
			return (await volumeSnapshotList(engine)).map(({ Name, Volume }) => ({
				value: Name,
				description: Volume,
			}));
		default:
			return kind satisfies never;
	}
}

function containerNames(
	containers: readonly {
		readonly Names?: readonly string[];
		readonly Image?: string;
		readonly Status?: string;
	}[],
): Candidate[] {
	return containers.flatMap(({ Names = [], Image, Status }) =>
		Names.map((name) => ({ value: name.replace(/^\//, ""), description: `${Image} (${Status})` })),
	);
}
