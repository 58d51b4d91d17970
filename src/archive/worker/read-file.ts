import { readSync } from "node:fs";
import { EngineError } from "../../lib/index.ts";
import { closeFd, O, openInRoot, S, statFd, toByteString } from "../../sys/index.ts";
import type { WorkerRequest } from "../protocol.ts";
import { enterTree } from "./enter-tree.ts";

/** A file's bytes in base64, symlinks followed inside the tree; `null` when there is none. */
export function readFile(request: Extract<WorkerRequest, { op: "read-file" }>): string | null {
	const { path, maxBytes } = request;
	const root = enterTree(request.root, request.mountPoint);
	const fd = openInRoot(root, toByteString(path), O.RDONLY | O.NONBLOCK);
	if (fd === undefined) return null;
	try {
		const stat = statFd(fd);
		if ((stat.mode & S.IFMT) !== S.IFREG) throw new EngineError("invalid_argument", `not a file: ${path}`);
		return readWhole(fd, path, maxBytes).toString("base64");
	} finally {
		closeFd(fd);
	}
}

function readWhole(fd: number, path: string, maxBytes: number): Buffer {
	const bytes = Buffer.alloc(maxBytes + 1);
	let length = 0;
	for (;;) {
		const count = readSync(fd, bytes, length, bytes.length - length, null);
		length += count;
		if (length > maxBytes) throw new EngineError("too_large", `${path} has more than ${maxBytes} bytes`);
		if (count === 0) return bytes.subarray(0, length);
	}
}
