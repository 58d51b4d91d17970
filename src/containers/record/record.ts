import type { ContainerConfig, EndpointSettings, HostConfig } from "../../api/index.ts";
import type { IdmapOption } from "../../api/syntax.ts";
import { EngineError } from "../../lib/index.ts";
import type { Digest } from "../../oci/index.ts";
import type { ContainerState } from "./state.ts";

/** One container, as it stands in the `containers` documents under its id. */
export interface ContainerRecord {
	readonly version: 1;
	/** 64 hex digits. */
	readonly id: string;
	/** Without Docker's leading slash. */
	readonly name: string;
	/** RFC 3339 with nanoseconds. */
	readonly createdAt: string;
	readonly image: ContainerImage;
	/** The image's defaults and the request, merged. */
	readonly config: ContainerConfig;
	/** As requested, with Docker's defaults filled in. */
	readonly hostConfig: HostConfig;
	/** Per network name, what the request asked of the endpoint. */
	readonly endpoints: Readonly<Record<string, EndpointSettings>>;
	readonly mounts: readonly ContainerMount[];
	/** The ids that a user namespace of its own has, from `first` on; from its first start until it is removed. */
	readonly idRange?: { readonly first: number };
	readonly state: ContainerState;
	/** Restarts by the policy since the last start by a user. */
	readonly restartCount: number;
	/** Stopped or killed by a user since it was last started by one: keeps `unless-stopped` from bringing it back. */
	readonly stoppedByUser: boolean;
	/** Is being ended because it is unhealthy, to be started again whatever its restart policy says of the exit. */
	readonly restartsUnhealthy?: boolean;
}

export interface ContainerImage {
	readonly id: Digest;
	/** As the request wrote it. */
	readonly reference: string;
	readonly manifestDigest: Digest;
	/** Top layer; `undefined` for an image without layers. */
	readonly chainId?: Digest;
}

/** What is mounted into a container, decided at creation. */
export type ContainerMount =
	| {
			readonly type: "bind";
			readonly source: string;
			/** The source is looked up below this folder and never leads out of it, whatever links are in it. */
			readonly within?: string;
			readonly target: string;
			readonly readOnly: boolean;
			readonly propagation: BindPropagation;
			readonly recursive: boolean;
			/** How deep read-only goes; absent is as deep as the runtime can. */
			readonly readOnlyRecursion?: "writable" | "required";
			/** `-v`: a source that is missing is made as a folder; `--mount`: it is an error. */
			readonly createSource: boolean;
			/** Whose its files are inside; absent: as they are on the host. */
			readonly idmap?: IdmapOption;
			/** The options as written (`ro,z`), which inspect shows. */
			readonly mode: string;
	  }
	| {
			readonly type: "volume";
			readonly name: string;
			readonly target: string;
			readonly readOnly: boolean;
			/** Made for this container without a name. */
			readonly anonymous: boolean;
			/** Folder inside of the volume; empty is all of it. */
			readonly subpath: string;
			readonly mode: string;
	  }
	| {
			/** Always read-only. */
			readonly type: "image";
			/** As the request wrote it. */
			readonly reference: string;
			readonly imageId: Digest;
			readonly chainId: Digest;
			readonly target: string;
			/** Folder or file inside of the image; empty is all of it. */
			readonly subpath: string;
	  }
	| { readonly type: "tmpfs"; readonly target: string; readonly options: readonly string[] };

export type BindPropagation = "private" | "rprivate" | "slave" | "rslave" | "shared" | "rshared";

/** Checks what was stored before this daemon trusts it; what fails is set aside by the store. */
export function parseContainerRecord(value: unknown): ContainerRecord {
	const record = object(value, "record");
	if (record["version"] !== 1) throw corrupt(`version ${JSON.stringify(record["version"])} is not known`);
	if (typeof record["id"] !== "string" || !/^[0-9a-f]{64}$/.test(record["id"]))
		throw corrupt("id: expected 64 hex digits");
	for (const field of ["name", "createdAt"]) string(record, field);
	const image = object(record["image"], "image");
	for (const field of ["id", "reference", "manifestDigest"]) string(image, field);
	for (const field of ["config", "hostConfig", "endpoints"]) object(record[field], field);
	if (!Array.isArray(record["mounts"])) throw corrupt("mounts: expected an array");
	if (record["idRange"] !== undefined) {
		const { first } = object(record["idRange"], "idRange");
		if (!Number.isInteger(first)) throw corrupt("idRange.first: expected an integer");
	}
	if (!Number.isInteger(record["restartCount"])) throw corrupt("restartCount: expected an integer");
	if (typeof record["stoppedByUser"] !== "boolean") throw corrupt("stoppedByUser: expected a boolean");
	if (!["undefined", "boolean"].includes(typeof record["restartsUnhealthy"]))
		throw corrupt("restartsUnhealthy: expected a boolean");
	checkState(object(record["state"], "state"));
	return value as ContainerRecord;
}

function checkState(state: Record<string, unknown>): void {
	const status = state["status"] as ContainerState["status"];
	switch (status) {
		case "created":
			return;
		case "running":
		case "paused":
			if (!Number.isInteger(state["pid"])) throw corrupt("state.pid: expected an integer");
			string(state, "startedAt");
			return;
		case "restarting":
		case "exited":
			checkExit(state["exit"]);
			return;
		case "removing":
		case "dead":
			if (state["exit"] !== undefined) checkExit(state["exit"]);
			return;
		default:
			status satisfies never;
			throw corrupt(`state.status ${JSON.stringify(status)} is not known`);
	}
}

function checkExit(value: unknown): void {
	const exit = object(value, "state.exit");
	if (!Number.isInteger(exit["exitCode"])) throw corrupt("state.exit.exitCode: expected an integer");
	for (const field of ["startedAt", "finishedAt", "error"]) string(exit, field);
}

function object(value: unknown, name: string): Record<string, unknown> {
	if (typeof value !== "object" || value === null || Array.isArray(value))
		throw corrupt(`${name}: expected an object`);
	return value as Record<string, unknown>;
}

function string(owner: Record<string, unknown>, field: string): void {
	if (typeof owner[field] !== "string") throw corrupt(`${field}: expected a string`);
}

function corrupt(what: string): EngineError {
	return new EngineError("corrupt", `container record: ${what}`);
}
