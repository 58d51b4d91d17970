/** Copies of machines that run. Hull's own. */
import { Type } from "typebox";
import { operation } from "../operation.ts";
import {
	HullCopy,
	HullForkRequest,
	HullForkResponse,
	HullNameRequest,
	HullSnapshot,
} from "../schemas/copies.ts";

/** Copy a running machine into more containers, memory and disk. */
export const containerFork = operation({
	id: "HullContainerFork",
	method: "POST",
	path: "/hull/containers/:id/fork",
	since: "1.24",
	query: Type.Object({}),
	body: HullForkRequest,
	result: HullForkResponse,
	status: 201,
});

/** Keep a running machine on disk. */
export const snapshotCreate = operation({
	id: "HullSnapshotCreate",
	method: "POST",
	path: "/hull/containers/:id/snapshots",
	since: "1.24",
	query: Type.Object({}),
	body: HullNameRequest,
	result: HullSnapshot,
	status: 201,
});

export const snapshotList = operation({
	id: "HullSnapshotList",
	method: "GET",
	path: "/hull/snapshots",
	since: "1.24",
	query: Type.Object({}),
	result: Type.Array(HullSnapshot),
	status: 200,
});

/** A new container that goes on where the machine stood. */
export const snapshotRestore = operation({
	id: "HullSnapshotRestore",
	method: "POST",
	path: "/hull/snapshots/:id/restore",
	since: "1.24",
	query: Type.Object({}),
	body: HullNameRequest,
	result: HullCopy,
	status: 201,
});

export const snapshotDelete = operation({
	id: "HullSnapshotDelete",
	method: "DELETE",
	path: "/hull/snapshots/:id",
	since: "1.24",
	query: Type.Object({}),
	status: 204,
});
