import type { ContainerRecord } from "../record/record.ts";

/** The record of a run that starts nobody, so that nobody has to be looked up: of a machine's files, or a saved one. */
export function asNobody(record: ContainerRecord): ContainerRecord {
	return {
		...record,
		config: { ...record.config, User: "0" },
		hostConfig: { ...record.hostConfig, GroupAdd: [] },
	};
}
