import { containerUnpause } from "../../../client/index.ts";
import { eachContainer } from "./simple.ts";

export const command = eachContainer("running-container", containerUnpause);
