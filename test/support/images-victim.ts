/**
 * Runs one operation of the images room in a process of its own, for tests that let it be killed at a failpoint:
 * `images-victim.ts ROOT load ARCHIVE`, `pull NAME`, `push NAME`, `remove NAME`.
 */
import { createReadStream } from "node:fs";
import { openImagesRoom } from "./images-room.ts";

const [root, operation, subject] = process.argv.slice(2) as [string, string, string];
const room = await openImagesRoom({ root });
const progress = () => {};

switch (operation) {
	case "load":
		await room.images.load(createReadStream(subject), { progress });
		break;
	case "pull":
		await room.images.pull(subject, { progress });
		break;
	case "push":
		await room.images.push(subject, { progress });
		break;
	case "remove":
		await room.images.remove(subject, { force: true, noPrune: false, usedBy: () => [] });
		break;
	default:
		throw new Error(`no such operation: ${operation}`);
}
