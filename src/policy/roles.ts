import type { RoleName, Rules, Scope } from "./contract.ts";
import type { GroupName } from "./operations.ts";
import { imagePattern, namePattern } from "./patterns.ts";

export interface Role {
	readonly groups: readonly GroupName[];
	readonly scope: Scope;
	/** Of the socket with this name. */
	readonly rules: (socket: string) => Rules;
}

const closed: Rules = {
	images: [],
	tags: [],
	networks: [],
	names: [namePattern("**")],
	binds: [],
	volumeOptions: [],
	capabilities: [],
	ports: { from: 1024, to: 65535 },
	limits: { memoryBytes: undefined, cpuNanos: undefined, pids: undefined, containers: undefined },
};

/** What each role may do, before a socket's own rules change it. */
export const roles: Readonly<Record<RoleName, Role>> = {
	none: { groups: [], scope: "own", rules: () => closed },
	"read-only": {
		groups: [
			...(["engine", "host", "containers-read", "images-read"] as const),
			...(["networks-read", "volumes-read", "secrets-read"] as const),
		],
		scope: "all",
		rules: () => ({ ...closed, images: [imagePattern("**")] }),
	},
	developer: {
		groups: [
			...(["engine", "login", "containers-read", "containers-create", "containers-run"] as const),
			...(["containers-change", "containers-inside", "containers-files", "containers-mounts"] as const),
			...(["containers-commit", "images-read", "images-pull", "images-push", "images-change"] as const),
			...(["images-content", "builds", "networks-read", "networks-change"] as const),
			...(["volumes-read", "volumes-change", "secrets-read", "configs-content", "secrets-change"] as const),
		],
		scope: "own",
		rules: (socket) => ({
			...closed,
			images: [imagePattern("docker.io/**")],
			tags: [imagePattern(`docker.io/${socket}/**`)],
			networks: [namePattern("bridge"), namePattern("none")],
			volumeOptions: ["size"],
		}),
	},
	operator: {
		groups: [
			...(["engine", "host", "login", "containers-read", "containers-run", "containers-change"] as const),
			...(["images-read", "images-pull", "images-upkeep", "builds-upkeep"] as const),
			...(["networks-read", "networks-change", "volumes-read", "volumes-change", "secrets-read"] as const),
		],
		scope: "all",
		rules: () => ({
			...closed,
			images: [imagePattern("**")],
			networks: [namePattern("**")],
			volumeOptions: ["size"],
		}),
	},
};
