/** MD5 (RFC 1321) of a text's UTF-8 bytes as 32 hexadecimal digits in lower case. */
export declare function md5(text: string): string;
