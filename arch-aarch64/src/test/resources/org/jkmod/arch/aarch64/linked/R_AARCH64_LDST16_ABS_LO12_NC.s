	.text
	.inst 0xd503201f
	ldrh w3, [x4, #:lo12:symbol]
	.inst 0xd503201f
