// Makes the packer write the time of SOURCE_DATE_EPOCH instead of now, so that a bundle is the same each time it is made.
const at = Number(process.env.SOURCE_DATE_EPOCH) * 1000;
const Now = Date;
globalThis.Date = class extends Now {
	constructor(...args) {
		super(...(args.length > 0 ? args : [at]));
	}
};
