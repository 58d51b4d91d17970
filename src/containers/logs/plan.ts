import { hostname } from "node:os";
import { join } from "node:path";
import { findGzip, type LogPlan, planLog, type ShippingOrder } from "../../logging/index.ts";
import type { TaskLog } from "../../runtime/index.ts";
import { commandOf } from "../lifecycle/merge-config.ts";
import type { ContainerRecord } from "../record/record.ts";

/** What becomes of a container's output. Errors: `invalid_argument` with Docker's texts. */
export function logPlanOf(record: ContainerRecord): LogPlan {
	const { config, hostConfig, image } = record;
	const { path, args } = commandOf(config);
	return planLog(hostConfig.LogConfig, {
		id: record.id,
		name: record.name,
		imageId: image.id,
		imageName: image.reference,
		entrypoint: path,
		args,
		createdAt: record.createdAt,
		labels: config.Labels ?? {},
		env: config.Env ?? [],
	});
}

/** Path of the log that `docker logs` reads; `undefined` when there is none. */
export function logPath(record: ContainerRecord, stateDir: string): string | undefined {
	const { file, readable } = logPlanOf(record);
	return file === undefined || !readable ? undefined : join(stateDir, file.name);
}

/** The order by which the log is shipped; `undefined` when it goes to no server. */
export function shippingOrder(record: ContainerRecord, stateDir: string): ShippingOrder | undefined {
	const { file, attrs, destination } = logPlanOf(record);
	if (destination === undefined || file === undefined) return undefined;
	const { startsWithoutServer: _, ...rest } = destination;
	return {
		version: 1,
		id: record.id,
		name: record.name,
		logPath: join(stateDir, file.name),
		shippedPath: join(stateDir, "shipped"),
		...rest,
		hostname: hostname(),
		image: { id: record.image.id, name: record.image.reference },
		createdAt: record.createdAt,
		extra: attrs,
		over: false,
	};
}

/** What the supervisor is told. */
export function taskLog(record: ContainerRecord, stateDir: string): TaskLog {
	const { file, attrs, blocking } = logPlanOf(record);
	if (file === undefined) return { driver: "none", path: "", maxSizeBytes: 0, maxFiles: 1, attrs: "" };
	return {
		driver: "json-file",
		path: join(stateDir, file.name),
		maxSizeBytes: file.maxSizeBytes,
		maxFiles: file.maxFiles,
		attrs: Object.keys(attrs).length === 0 ? "" : JSON.stringify(attrs),
		exact: file.exact,
		gzip: file.compress ? findGzip() : undefined,
		shippedPath: blocking ? join(stateDir, "shipped") : undefined,
	};
}
