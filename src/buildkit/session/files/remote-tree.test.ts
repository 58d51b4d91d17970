import { expect, test } from "bun:test";
import { Packet, packetType, type Stat } from "../../proto/session.ts";
import type { Decoded } from "../../wire/message.ts";
import type { Session } from "../sessions.ts";
import { goMode } from "./go-mode.ts";
import { openRemoteTree, type RemoteTree } from "./remote-tree.ts";

type Sent = Partial<Decoded<typeof Packet>>;

/** A client that sends these packets, whatever it is asked for. */
function clientOf(packets: readonly Sent[]): Session {
	async function* messages() {
		for (const packet of packets) yield Packet.decode(Packet.encode(packet));
	}
	const stream = () => ({
		send: async () => undefined,
		endSending: () => undefined,
		messages: messages(),
		[Symbol.dispose]: () => undefined,
	});
	const never = new AbortController().signal;
	return { id: "s", sharedKey: "", signal: never, serves: () => true, connection: { stream } as never };
}

const open = (packets: readonly Sent[]): Promise<RemoteTree> =>
	openRemoteTree(clientOf(packets), { name: "context" }, new AbortController().signal);
const stat = (path: string, more: Partial<Decoded<typeof Stat>> = {}): Sent => ({
	type: packetType.stat,
	stat: { path, mode: goMode("file", 0o644), ...more },
});
const folder = (path: string) => stat(path, { mode: goMode("folder", 0o755) });
const end: Sent = { type: packetType.stat };

test("files are known by path, with their kinds and permissions", async () => {
	const link = { mode: goMode("link", 0o777), linkName: "../../etc" };
	const tree = await open([folder("a"), stat("a/b", { mode: goMode("file", 0o4755) }), stat("l", link), end]);
	expect([...tree.entries.values()].map(({ path, kind, permissions }) => [path, kind, permissions])).toEqual([
		["a", "folder", 0o755],
		["a/b", "file", 0o4755],
		["l", "link", 0o777],
	]);
});

test.each(["../x", "/etc/passwd", "a/../../x", "a//b", ".", "", "a\0b", "a/"])(
	"the name %p is refused",
	async (path) => {
		expect(open([folder("a"), stat(path), end])).rejects.toThrow("the client named a file");
	},
);

test("a file below a link, below nothing and a file that is told twice are refused", async () => {
	const link = stat("l", { mode: goMode("link", 0o777), linkName: "/etc" });
	expect(open([link, stat("l/passwd"), end])).rejects.toThrow("before its folder");
	expect(open([stat("a/b"), end])).rejects.toThrow("before its folder");
	expect(open([stat("a"), stat("a"), end])).rejects.toThrow("twice");
	expect(open([stat("a", { linkName: "../x" }), end])).rejects.toThrow("the client named a file");
});

test("content that nobody asked for, more than was told of, and an early end are errors", async () => {
	const read = async (answers: readonly Sent[]) => {
		const tree = await open([stat("a", { sizeBytes: 1 }), end, ...answers]);
		const sink = { write: () => undefined, close: () => undefined };
		await tree.read([tree.entries.get("a")!], () => sink);
	};
	const data = (id: number, bytes: number): Sent => ({
		type: packetType.data,
		id,
		data: new Uint8Array(bytes),
	});
	await read([data(0, 1), data(0, 0)]);
	expect(read([data(7, 1)])).rejects.toThrow("what it was not asked for");
	expect(read([data(0, 1), data(0, 2 * 1024 * 1024)])).rejects.toThrow("more of");
	expect(read([data(0, 1)])).rejects.toThrow("ended the transfer");
	expect(read([{ type: packetType.error, data: Buffer.from("gone") }])).rejects.toThrow("gone");
});
