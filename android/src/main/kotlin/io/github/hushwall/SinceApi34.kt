package io.github.hushwall

/** Uses framework members of API 34, which the list of what is not hidden does not reach. See [SinceApi]. */
@Retention(AnnotationRetention.BINARY)
@Target(AnnotationTarget.CLASS, AnnotationTarget.FUNCTION, AnnotationTarget.CONSTRUCTOR, AnnotationTarget.PROPERTY_GETTER)
annotation class SinceApi34
