// Types of lovearth.module.js. SPDX-License-Identifier: MIT OR Apache-2.0
/// <reference path="./lovearth.d.ts" />

declare const client: typeof lovearth;
export { client as lovearth, client as default };
