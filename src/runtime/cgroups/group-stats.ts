import type { TaskStats } from "../contract.ts";

/** What the files of one version of control groups tell; the memory limit is as they say, `Infinity` for none. */
export type GroupStats = Pick<TaskStats, "cpu" | "memory" | "pids" | "blkio">;
