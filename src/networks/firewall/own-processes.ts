/** Processes of ours that change rules, by which the kernel's news of it are told from other people's. */
export interface OwnProcesses {
	readonly add: (pid: number) => void;
	readonly has: (pid: number) => boolean;
}

/** News of a transaction comes when its process may have ended; so many of ours are never under way. */
const RECENT = 64;

export function ownProcesses(): OwnProcesses {
	const pids: number[] = [];
	return {
		add(pid) {
			pids.push(pid);
			if (pids.length > RECENT) pids.shift();
		},
		has: (pid) => pids.includes(pid),
	};
}
