// The SDK for `<script src="lovearth.js">`: defines the global function `lovearth`.

import { lovearth as client } from "./client.js";
import { md5 } from "./md5.js";

declare global {
  // Only `var` makes a member of globalThis.
  var lovearth: typeof client & {
    /** MD5 of a text's UTF-8 bytes as 32 hexadecimal digits, the form in which the gateway takes passwords. */
    md5: typeof md5;
  };
}

globalThis.lovearth = Object.assign(client, { md5 });
