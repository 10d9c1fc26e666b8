import { lovearth as client } from "./client.js";
import { md5 } from "./md5.js";
declare global {
    var lovearth: typeof client & {
        /** MD5 of a text's UTF-8 bytes as 32 hexadecimal digits, the form in which the gateway takes passwords. */
        md5: typeof md5;
    };
}
