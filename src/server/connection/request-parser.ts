/**
 * HTTP/1.1 request parsing (RFC 9112): http-parser-js reads the bytes, this file makes it strict.
 *
 * The library is made for clients that must get along with any server: it skips header lines that it cannot read,
 * lets `Transfer-Encoding` win over `Content-Length` and takes any text for a chunk size. Each of these lets two
 * parties see different requests in the same bytes, so here they end the connection.
 */
import { HTTPParser } from "http-parser-js";

/** Bytes of request line and headers together; beyond: 431. */
export const maxHeadBytes = 64 * 1024;
const maxChunkLineBytes = 4096;
const maxTrailerBytes = 8192;

export interface RequestHead {
	readonly method: string;
	/** As sent: path and query, or an absolute URL. */
	readonly target: string;
	readonly http10: boolean;
	/** Lower-case names; repeated fields joined by `, `. */
	readonly headers: ReadonlyMap<string, string>;
	readonly keepAlive: boolean;
	/** `Connection: upgrade` with this protocol, lower case. */
	readonly upgrade: string | undefined;
	readonly expectContinue: boolean;
	/** Bytes of a body of known length; `undefined` when it is chunked. */
	readonly contentLength: number | undefined;
}

/** The bytes are not a request. After it nothing more can be read from the connection. */
export class BadRequest extends Error {
	readonly status: number;
	constructor(status: number, message: string) {
		super(message);
		this.name = "BadRequest";
		this.status = status;
	}
}

export interface RequestParser {
	/**
	 * Reads bytes of one request; gives how many of them belong to it. Calls `onBody` with slices of `chunk`. Once the
	 * request is complete nothing more is taken until `next()`. Throws {@link BadRequest}.
	 */
	feed(chunk: Buffer, onBody: (slice: Buffer) => void): number;
	readonly head: RequestHead | undefined;
	readonly complete: boolean;
	/** Something of the request was read, but not all. */
	readonly begun: boolean;
	next(): void;
}

// The library has these as settings of the class. Latin-1 keeps all eight bits: `ascii` would turn 0x8d into a CR.
HTTPParser.encoding = "latin1";
HTTPParser.maxHeaderSize = Number.MAX_SAFE_INTEGER;

export function createRequestParser(): RequestParser {
	let head: RequestHead | undefined;
	let complete = false;
	let begun = false;
	let onBodySlice: (slice: Buffer) => void = () => {};
	const parser = new StrictParser(HTTPParser.REQUEST);
	parser[HTTPParser.kOnHeadersComplete] = (info: HeadInfo) => {
		head = readHead(info);
		// The library takes an upgrade for the end of HTTP; here a chunked body of such a request is read first.
		parser.isChunked = head.contentLength === undefined;
		parser.forgetLines();
	};
	parser[HTTPParser.kOnBody] = (slice: Buffer) => onBodySlice(slice);
	parser[HTTPParser.kOnMessageComplete] = () => {
		complete = true;
		parser.stop = true;
	};

	return {
		get head() {
			return head;
		},
		get complete() {
			return complete;
		},
		get begun() {
			return begun;
		},
		feed(chunk, onBody) {
			if (complete || chunk.length === 0) return 0;
			begun = true;
			onBodySlice = onBody;
			const result = runParser(parser, chunk);
			if (typeof result === "number") return result;
			throw result instanceof BadRequest ? result : new BadRequest(400, "malformed request");
		},
		next() {
			head = undefined;
			complete = false;
			begun = false;
			parser.stop = false;
			parser.forgetLines();
		},
	};
}

function runParser(parser: StrictParser, chunk: Buffer): number | Error {
	try {
		return parser.execute(chunk);
	} catch (error) {
		if (error instanceof BadRequest) return error;
		throw error;
	}
}

/** The members of the library's parser that are its extension points but not in its types. */
interface ParserInternals {
	state: string;
	chunk: Buffer;
	offset: number;
	end: number;
	line: string;
	isChunked: boolean;
	body_bytes: number | null;
	execute(chunk: Buffer): number | Error;
	HEADER(): unknown;
	BODY_SIZED(): unknown;
	BODY_CHUNKTRAILERS(): unknown;
	[hook: number]: ((info: never) => void) | undefined;
}

interface HeadInfo {
	readonly versionMajor: number;
	readonly versionMinor: number;
	readonly method: number;
	readonly url: string;
	readonly headers: readonly string[];
}

const BaseParser = HTTPParser as unknown as new (type: string) => ParserInternals;

class StrictParser extends BaseParser {
	#lineBytes = 0;
	/** The request is complete: what follows belongs to the next one, or is no HTTP at all. */
	stop = false;

	forgetLines(): void {
		this.#lineBytes = 0;
	}

	/** One line without its line end, or `undefined` until it is complete. Bounds what is kept of unfinished lines. */
	consumeLine(): string | undefined {
		const newline = this.chunk.indexOf(0x0a, this.offset);
		const found = newline !== -1 && newline < this.end;
		const until = found ? newline : this.end;
		this.#lineBytes += until - this.offset + 1;
		this.#checkLineBytes();
		const line = this.line + this.chunk.toString("latin1", this.offset, until);
		this.offset = found ? newline + 1 : this.end;
		this.line = found ? "" : line;
		if (!found) return undefined;
		if (line.endsWith("\r")) return line.slice(0, -1);
		// RFC 9112, 2.2 and 7.1: a bare LF may end a line of the head, never one of the chunked coding.
		if (this.state === "REQUEST_LINE" || this.state === "HEADER") return line;
		throw new BadRequest(400, "malformed chunk");
	}

	#checkLineBytes(): void {
		switch (this.state) {
			case "REQUEST_LINE":
				if (this.#lineBytes > maxHeadBytes) throw new BadRequest(414, "request line too long");
				return;
			case "HEADER":
				if (this.#lineBytes > maxHeadBytes) throw new BadRequest(431, "request header fields too large");
				return;
			case "BODY_CHUNKTRAILERS":
				if (this.#lineBytes > maxTrailerBytes) throw new BadRequest(431, "trailer fields too large");
				return;
			default:
				if (this.#lineBytes > maxChunkLineBytes) throw new BadRequest(400, "malformed chunk");
		}
	}

	parseHeader(line: string, fields: string[]): void {
		const match = fieldLine.exec(line);
		if (match === null) throw new BadRequest(400, "malformed header field");
		fields.push(match[1]!, match[2]!);
	}

	/** The library's loop goes on until a state says true. */
	override HEADER(): boolean {
		super.HEADER();
		return this.stop;
	}

	override BODY_SIZED(): boolean {
		super.BODY_SIZED();
		return this.stop;
	}

	override BODY_CHUNKTRAILERS(): boolean {
		super.BODY_CHUNKTRAILERS();
		return this.stop;
	}

	BODY_CHUNKHEAD(): void {
		const line = this.consumeLine();
		if (line === undefined) return;
		const match = chunkLine.exec(line);
		if (match === null) throw new BadRequest(400, "malformed chunk");
		this.#lineBytes = 0;
		this.body_bytes = Number.parseInt(match[1]!, 16);
		this.state = this.body_bytes === 0 ? "BODY_CHUNKTRAILERS" : "BODY_CHUNK";
	}
}

/** A field with a token for a name, the colon right behind it, and no control characters. No folded lines. */
const fieldLine =
	/^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*((?:[^\x00-\x08\x0a-\x1f\x7f]*[^\x00-\x20\x7f])?)[ \t]*$/;
const chunkLine = /^([0-9a-fA-F]{1,12})(?:[ \t]*;[^\x00-\x08\x0a-\x1f\x7f]*)?$/;

/** Fields of which there may be one only: two of them are two opinions about the request. */
const singleFields = new Set([
	"host",
	"content-length",
	"transfer-encoding",
	"content-type",
	"expect",
	"upgrade",
]);

function readHead(info: HeadInfo): RequestHead {
	if (info.versionMajor !== 1 || info.versionMinor > 1)
		throw new BadRequest(505, `HTTP/${info.versionMajor}.${info.versionMinor} is not supported`);
	if (!/^[\x21-\x7e]+$/.test(info.url)) throw new BadRequest(400, "malformed request target");
	const http10 = info.versionMinor === 0;
	const headers = collectHeaders(info.headers);
	if (!http10 && !headers.has("host")) throw new BadRequest(400, "missing required Host header");
	const connection = (headers.get("connection") ?? "")
		.toLowerCase()
		.split(",")
		.map((option) => option.trim());
	return {
		method: HTTPParser.methods[info.method]!,
		target: info.url,
		http10,
		headers,
		keepAlive: http10 ? connection.includes("keep-alive") : !connection.includes("close"),
		upgrade: connection.includes("upgrade") ? headers.get("upgrade")?.toLowerCase() : undefined,
		expectContinue: !http10 && headers.get("expect")?.toLowerCase() === "100-continue",
		contentLength: bodyLength(headers, http10),
	};
}

function collectHeaders(fields: readonly string[]): Map<string, string> {
	const headers = new Map<string, string>();
	for (let index = 0; index < fields.length; index += 2) {
		const name = fields[index]!.toLowerCase();
		const value = fields[index + 1]!;
		const earlier = headers.get(name);
		if (earlier !== undefined && singleFields.has(name)) throw new BadRequest(400, `repeated ${name} header`);
		headers.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
	}
	return headers;
}

/** RFC 9112, 6.3, without the cases in which two readers could differ. */
function bodyLength(headers: ReadonlyMap<string, string>, http10: boolean): number | undefined {
	const encoding = headers.get("transfer-encoding");
	const length = headers.get("content-length");
	if (encoding !== undefined) {
		if (length !== undefined || http10) throw new BadRequest(400, "ambiguous body length");
		if (encoding.toLowerCase() !== "chunked")
			throw new BadRequest(501, `transfer encoding ${JSON.stringify(encoding)} is not supported`);
		return undefined;
	}
	if (length === undefined) return 0;
	if (!/^\d{1,15}$/.test(length)) throw new BadRequest(400, "malformed Content-Length header");
	return Number(length);
}
