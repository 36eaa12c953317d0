	.text
	.inst 0xd503201f
	ldr q3, [x4, #:lo12:symbol]
	.inst 0xd503201f
