// Puts the focus where a refused form says what is wrong.
document.querySelector("[role=alert]")?.closest("form, main")?.querySelector("[aria-invalid=true]")?.focus();
