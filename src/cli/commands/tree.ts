import { builderGroup } from "./builder/group.ts";
import type { CommandEntry, CommandGroup } from "./command-entry.ts";
import { configGroup } from "./config/group.ts";
import { machineGroup } from "./machine/group.ts";
import { mountGroup } from "./mount/group.ts";
import { networkGroup } from "./network/group.ts";
import { policyGroup } from "./policy/group.ts";
import { registryGroup } from "./registry/group.ts";
import { secretGroup } from "./secret/group.ts";
import { snapshotGroup } from "./snapshot/group.ts";
import { systemGroup } from "./system/group.ts";
import { volumeGroup } from "./volume/group.ts";

export type { CommandEntry, CommandGroup };

/**
 * All commands. Each module is imported when its command runs, so that none pays for the others at start-up: this
 * table holds words only.
 */
const attach: CommandEntry = {
	names: ["attach"],
	summary: "Connect your terminal to a running container",
	load: () => import("./container/attach.ts"),
};
const build: CommandEntry = {
	names: ["build"],
	summary: "Build an image from a Dockerfile",
	load: () => import("./build.ts"),
};
const commit: CommandEntry = {
	names: ["commit"],
	summary: "Make an image of a container's changes",
	load: () => import("./container/commit.ts"),
};
const compare: CommandEntry = {
	names: ["compare"],
	summary: "Run an image in both hulls and show how they differ",
	load: () => import("./compare.ts"),
};
const copy: CommandEntry = {
	names: ["cp"],
	summary: "Copy files between a container and this machine",
	load: () => import("./container/copy.ts"),
};
const create: CommandEntry = {
	names: ["create"],
	summary: "Create a container without starting it",
	load: () => import("./container/create.ts"),
};
const diff: CommandEntry = {
	names: ["diff"],
	summary: "Show which files of a container changed",
	load: () => import("./container/diff.ts"),
};
const exec: CommandEntry = {
	names: ["exec"],
	summary: "Run a command in a running container",
	load: () => import("./container/exec.ts"),
};
const exportContainer: CommandEntry = {
	names: ["export"],
	summary: "Write a container's file system as a tar archive",
	load: () => import("./container/export.ts"),
};
const fork: CommandEntry = {
	names: ["fork"],
	summary: "Copy a running machine into more containers",
	load: () => import("./container/fork.ts"),
};
const kill: CommandEntry = {
	names: ["kill"],
	summary: "Send a signal to running containers",
	load: () => import("./container/kill.ts"),
};
const logs: CommandEntry = {
	names: ["logs"],
	summary: "Show what a container wrote",
	load: () => import("./container/logs.ts"),
};
const listContainers: CommandEntry = {
	names: ["ls", "list", "ps"],
	summary: "List containers",
	load: () => import("./container/list.ts"),
};
const pause: CommandEntry = {
	names: ["pause"],
	summary: "Freeze all processes of containers",
	load: () => import("./container/pause.ts"),
};
const port: CommandEntry = {
	names: ["port"],
	summary: "Show where a container's ports are published",
	load: () => import("./container/port.ts"),
};
const rename: CommandEntry = {
	names: ["rename"],
	summary: "Give a container another name",
	load: () => import("./container/rename.ts"),
};
const restart: CommandEntry = {
	names: ["restart"],
	summary: "Stop containers and start them again",
	load: () => import("./container/restart.ts"),
};
const removeContainers: CommandEntry = {
	names: ["rm", "remove"],
	summary: "Remove containers",
	load: () => import("./container/remove.ts"),
};
const run: CommandEntry = {
	names: ["run"],
	summary: "Create a container from an image and run it",
	load: () => import("./container/run.ts"),
};
const start: CommandEntry = {
	names: ["start"],
	summary: "Start containers that are not running",
	load: () => import("./container/start.ts"),
};
const stats: CommandEntry = {
	names: ["stats"],
	summary: "Show what containers use, live",
	load: () => import("./container/stats.ts"),
};
const stop: CommandEntry = {
	names: ["stop"],
	summary: "Stop running containers",
	load: () => import("./container/stop.ts"),
};
const top: CommandEntry = {
	names: ["top"],
	summary: "Show a container's processes",
	load: () => import("./container/top.ts"),
};
const unpause: CommandEntry = {
	names: ["unpause"],
	summary: "Let frozen containers go on",
	load: () => import("./container/unpause.ts"),
};
const update: CommandEntry = {
	names: ["update"],
	summary: "Change limits and restart policy of containers",
	load: () => import("./container/update.ts"),
};
const wait: CommandEntry = {
	names: ["wait"],
	summary: "Wait until containers stop and print their exit codes",
	load: () => import("./container/wait.ts"),
};
const history: CommandEntry = {
	names: ["history"],
	summary: "Show how an image was made",
	load: () => import("./image/history.ts"),
};
const importImage: CommandEntry = {
	names: ["import"],
	summary: "Make an image of a root file system in a tar archive",
	load: () => import("./image/import.ts"),
};
const load: CommandEntry = {
	names: ["load"],
	summary: "Load images from an archive",
	load: () => import("./image/load.ts"),
};
const listImages: CommandEntry = {
	names: ["ls", "list"],
	summary: "List images",
	load: () => import("./image/list.ts"),
};
const pull: CommandEntry = {
	names: ["pull"],
	summary: "Fetch an image from a registry",
	load: () => import("./image/pull.ts"),
};
const push: CommandEntry = {
	names: ["push"],
	summary: "Send an image to a registry",
	load: () => import("./image/push.ts"),
};
const removeImages: CommandEntry = {
	names: ["rm", "remove"],
	summary: "Remove images",
	load: () => import("./image/remove.ts"),
};
const save: CommandEntry = {
	names: ["save"],
	summary: "Write images to an archive",
	load: () => import("./image/save.ts"),
};
const search: CommandEntry = {
	names: ["search"],
	summary: "Look for images at a registry",
	load: () => import("./image/search.ts"),
};
const tag: CommandEntry = {
	names: ["tag"],
	summary: "Give an image another name",
	load: () => import("./image/tag.ts"),
};
const init: CommandEntry = {
	names: ["init"],
	summary: "Write a Dockerfile for the project in a folder",
	load: () => import("./init.ts"),
};
const inspect: CommandEntry = {
	names: ["inspect"],
	summary: "Show everything about containers, images, volumes or networks",
	load: () => import("./system/inspect.ts"),
};
const events: CommandEntry = {
	names: ["events"],
	summary: "Show what happens in the engine, live",
	load: () => import("./system/events.ts"),
};
const info: CommandEntry = {
	names: ["info"],
	summary: "Show the engine's state and what it can do",
	load: () => import("./system/info.ts"),
};
const version: CommandEntry = {
	names: ["version"],
	summary: "Show versions of client and engine",
	load: () => import("./system/version.ts"),
};
const login: CommandEntry = {
	names: ["login"],
	summary: "Keep credentials for a registry",
	load: () => import("./system/login.ts"),
};
const logout: CommandEntry = {
	names: ["logout"],
	summary: "Forget credentials for a registry",
	load: () => import("./system/logout.ts"),
};
const completion: CommandEntry = {
	names: ["completion"],
	summary: "Print the completion script of a shell",
	load: () => import("./completion.ts"),
};
const help: CommandEntry = {
	names: ["help"],
	summary: "Show help about a command",
	load: () => import("./help.ts"),
};

/** What most people need, first in the help. */
export const commonCommands: readonly CommandEntry[] = [
	run,
	exec,
	{ ...listContainers, names: ["ps"] },
	build,
	pull,
	push,
	{ ...listImages, names: ["images"] },
	login,
	logout,
	version,
	info,
];

export const otherCommands: readonly CommandEntry[] = [
	attach,
	commit,
	compare,
	completion,
	copy,
	create,
	diff,
	events,
	exportContainer,
	fork,
	help,
	history,
	importImage,
	init,
	inspect,
	kill,
	load,
	logs,
	pause,
	port,
	rename,
	restart,
	{ ...removeContainers, names: ["rm"] },
	{ ...removeImages, names: ["rmi"] },
	save,
	search,
	start,
	stats,
	stop,
	tag,
	top,
	unpause,
	update,
	wait,
];

export const groups: readonly CommandGroup[] = [
	builderGroup,
	{
		names: ["container"],
		summary: "Work with containers",
		commands: [
			attach,
			commit,
			copy,
			create,
			diff,
			exec,
			exportContainer,
			fork,
			{
				names: ["inspect"],
				summary: "Show everything about containers",
				load: () => import("./container/inspect.ts"),
			},
			kill,
			logs,
			listContainers,
			pause,
			port,
			{
				names: ["prune"],
				summary: "Remove all stopped containers",
				load: () => import("./container/prune.ts"),
			},
			rename,
			restart,
			removeContainers,
			run,
			start,
			stats,
			stop,
			top,
			unpause,
			update,
			wait,
		],
	},
	{
		names: ["image"],
		summary: "Work with images",
		commands: [
			build,
			{ names: ["diff"], summary: "Show how two images differ", load: () => import("./image/diff.ts") },
			history,
			importImage,
			{
				names: ["inspect"],
				summary: "Show everything about images",
				load: () => import("./image/inspect.ts"),
			},
			load,
			listImages,
			{ names: ["prune"], summary: "Remove unused images", load: () => import("./image/prune.ts") },
			pull,
			push,
			removeImages,
			save,
			{
				names: ["sbom"],
				summary: "List the software in an image",
				load: () => import("./image/sbom.ts"),
			},
			search,
			{
				names: ["sign"],
				summary: "Sign an image in its registry with a key",
				load: () => import("./image/sign.ts"),
			},
			tag,
			{
				names: ["verify"],
				summary: "Check who signed an image",
				load: () => import("./image/verify.ts"),
			},
		],
	},
	networkGroup,
	policyGroup,
	configGroup,
	machineGroup,
	mountGroup,
	registryGroup,
	secretGroup,
	snapshotGroup,
	systemGroup({ events, info }),
	volumeGroup,
];
