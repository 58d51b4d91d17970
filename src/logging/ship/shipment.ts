import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { delay, type Logger } from "../../lib/index.ts";
import { encoderOf } from "../drivers/encode.ts";
import { LogFollower, type LogLines, type LogPlace } from "../files/follow.ts";
import { watchFolder } from "../files/watch-folder.ts";
import { createSender, type Sender } from "../transport/sender.ts";
import { messageMaker } from "./messages.ts";
import type { ShippingOrder } from "./order.ts";
import { Shipped, timeAtEnd } from "./shipped.ts";

/**
 * How long a connection must stand after something was sent for that to count as shipped: servers of syslog and gelf
 * say nothing, so what was sent when a connection broke is sent again.
 */
const confirmMs = 300;
const lastRetryMs = 60_000;
/** Lines that are sent at once; what a server takes while the log is read on. */
const linesAtOnce = 500;

/** Ships one container's log until it is over, or its order or folder is gone. */
export async function ship(current: () => ShippingOrder | undefined, log: Logger): Promise<void> {
	const first = current();
	if (first === undefined) return;
	using shipped = new Shipped(first.shippedPath);
	using folder = watchFolder(dirname(first.logPath));
	const sender = createSender(first.address);
	const shipment = new Shipment(first, sender, shipped);
	let failures = 0;
	for (;;) {
		const order = current();
		if (order === undefined || !existsSync(dirname(order.logPath))) break;
		try {
			const { progress } = await shipment.advance();
			if (progress) failures = 0;
			if (order.over && !progress && (await shipment.settle())) break;
			// What waits to be confirmed is looked at again by the folder's own clock.
			if (!progress && !order.over) await folder.changed();
		} catch (error) {
			failures++;
			if (failures === 1) log.warn("logs are not shipped", { container: order.id, error });
			shipment.rewind(order, failures);
			await delay(Math.min(order.retry.firstMs * order.retry.factor ** (failures - 1), lastRetryMs));
		}
	}
	await sender.close();
}

class Shipment {
	readonly #order: ShippingOrder;
	readonly #sender: Sender;
	readonly #shipped: Shipped;
	readonly #encode;
	#follower: LogFollower;
	#messageOf;
	/** Sent, not confirmed, the oldest first. */
	#sent: { readonly place: LogPlace; readonly at: number }[] = [];

	constructor(order: ShippingOrder, sender: Sender, shipped: Shipped) {
		this.#order = order;
		this.#sender = sender;
		this.#shipped = shipped;
		this.#encode = encoderOf(order);
		this.#messageOf = messageMaker(order.id);
		this.#follower = this.#open();
	}

	#open(): LogFollower {
		return new LogFollower(this.#order.logPath, this.#shipped.read(), timeAtEnd);
	}

	/** Sends what is there by now. */
	async advance(): Promise<{ readonly progress: boolean }> {
		let progress = false;
		if (!this.#sender.isWhole() && this.#sent.length > 0) throw new Error("the connection was closed");
		if (this.#order.maxLagBytes !== undefined) this.#follower.skipTo(this.#order.maxLagBytes);
		for (const batch of this.#follower.lines()) {
			await this.#send(batch);
			progress = true;
		}
		this.#confirm(confirmMs);
		return { progress };
	}

	async #send({ lines, identity, offset }: LogLines): Promise<void> {
		for (let i = 0; i < lines.length; i += linesAtOnce) {
			const messages = lines.slice(i, i + linesAtOnce).flatMap((line) => {
				const message = this.#messageOf(line);
				return message === undefined ? [] : this.#encode(message);
			});
			if (messages.length > 0) await this.#sender.send(messages);
		}
		this.#sent.push({ place: { identity, offset, time: timeAtEnd(lines.at(-1)!) }, at: Date.now() });
		this.#confirm(confirmMs);
	}

	#confirm(ageMs: number): void {
		if (!this.#sender.isWhole()) return;
		const now = Date.now();
		let last: LogPlace | undefined;
		while (this.#sent.length > 0 && now - this.#sent[0]!.at >= ageMs) last = this.#sent.shift()!.place;
		if (last !== undefined) this.#shipped.write(last);
	}

	/** Nothing more comes: true when all is shipped. Errors: when the server did not take it. */
	async settle(): Promise<boolean> {
		if (this.#sent.length === 0) return true;
		if (this.#sender.isWhole()) await delay(confirmMs);
		if (!this.#sender.isWhole()) throw new Error("the connection was closed");
		this.#confirm(0);
		return this.#sent.length === 0;
	}

	/** Goes back to what is known to be shipped; after as many failures as the order allows, what waits is given up. */
	rewind({ retry, maxLagBytes }: ShippingOrder, failures: number): void {
		this.#follower[Symbol.dispose]();
		this.#sent = [];
		this.#messageOf = messageMaker(this.#order.id);
		this.#follower = this.#open();
		const isGivenUp = retry.attempts !== undefined && failures > retry.attempts;
		if (isGivenUp) this.#follower.skipTo(0);
		else if (maxLagBytes !== undefined) this.#follower.skipTo(maxLagBytes);
	}
}
