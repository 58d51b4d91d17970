import { closeSync, constants, openSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { errnoOf } from "../lib/index.ts";

/**
 * Connects to a socket in a folder; `undefined` when nobody serves it. Through a descriptor of the folder, since a
 * socket address holds 107 bytes and the path may be longer.
 */
export async function connectIn(folderPath: string, name: string): Promise<Socket | undefined> {
	const folder = openFolder(folderPath);
	if (folder === undefined) return undefined;
	const { promise, resolve, reject } = Promise.withResolvers<Socket | undefined>();
	const socket = connect({ path: `/proc/self/fd/${folder}/${name}`, allowHalfOpen: true });
	const failed = (error: Error) => {
		const errno = errnoOf(error);
		if (errno === "ENOENT" || errno === "ECONNREFUSED") resolve(undefined);
		else reject(error);
	};
	socket.once("error", failed);
	socket.once("connect", () => {
		socket.off("error", failed);
		resolve(socket);
	});
	try {
		return await promise;
	} finally {
		closeSync(folder);
	}
}

function openFolder(path: string): number | undefined {
	try {
		return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return undefined;
		throw error;
	}
}
